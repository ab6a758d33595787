import { isIP } from "node:net";
import type { Problem } from "../workload";

/** What a certificate may be used for (RFC 5280, extended key usage). */
export type CertificateUse = "server" | "client";

/** Options of an own certificate authority. */
export interface CertificateAuthorityArgs {
  /** Name people see in their trust store. @default "<name> CA" */
  commonName?: string;
  /** Organization in the subject. @default "TestBro" */
  organization?: string;
  /** Days the authority's certificate is valid. @default 3650 */
  validityDays?: number;
  /** Days before its end at which the next `up` makes a new authority certificate with the same key. @default 365 */
  renewBeforeDays?: number;
}

/** What to put into an issued certificate. At least one of `dnsNames` and `ipAddresses` for a server. */
export interface IssueArgs {
  /** Host names, a leading `*.` allowed. @default [] @example ["app.example.org"] */
  dnsNames?: string[];
  /** IPv4 or IPv6 addresses. @default [] @example ["127.0.0.1"] */
  ipAddresses?: string[];
  /** Common name; PostgreSQL and Redis can map it to a user. At most 64 characters. @default the first host name or address, else the name */
  commonName?: string;
  /** @default ["server"] */
  uses?: CertificateUse[];
  /** Days the certificate is valid; 366 is the most Mozilla's TLS guidelines 6.0 advise, and browsers refuse more than 825. @default 366 */
  validityDays?: number;
  /** Days before its end at which the next `up` issues a new one. @default 60 */
  renewBeforeDays?: number;
  /** Policies the certificate knowingly does not keep to: rule to reason. @default {} */
  policyExemptions?: Record<string, string>;
}

/** Longest validity Apple's platforms accept from an authority the user added, in days (Apple support article 103769). */
export const LONGEST_VALIDITY_DAYS = 825;

/** Longest common name: ub-common-name of RFC 5280, appendix A.1. */
const LONGEST_COMMON_NAME = 64;

const LABEL = "[a-zA-Z0-9_]([a-zA-Z0-9_-]{0,61}[a-zA-Z0-9_])?";
const HOST_NAME = new RegExp(`^(\\*\\.)?${LABEL}(\\.${LABEL})*$`);

/** An option's value, defaults filled in. */
export type Filled<T> = Required<T>;

/** Options of an authority with every default. */
export function authorityDefaults(name: string, args: CertificateAuthorityArgs): Filled<CertificateAuthorityArgs> {
  return {
    commonName: args.commonName ?? `${name} CA`,
    organization: args.organization ?? "TestBro",
    validityDays: args.validityDays ?? 3650,
    renewBeforeDays: args.renewBeforeDays ?? 365,
  };
}

/** Options of a certificate with every default. */
export function issueDefaults(name: string, args: IssueArgs): Filled<IssueArgs> {
  const dnsNames = args.dnsNames ?? [];
  const ipAddresses = args.ipAddresses ?? [];
  return {
    dnsNames,
    ipAddresses,
    commonName: args.commonName ?? [...dnsNames, ...ipAddresses, name].find((it) => it.length <= LONGEST_COMMON_NAME) ?? name,
    uses: args.uses ?? ["server"],
    validityDays: args.validityDays ?? 366,
    renewBeforeDays: args.renewBeforeDays ?? 60,
    policyExemptions: args.policyExemptions ?? {},
  };
}

function checkValidity(at: string, validityDays: number, renewBeforeDays: number): Problem[] {
  const problems: Problem[] = [];
  if (!Number.isInteger(validityDays) || validityDays < 1) {
    problems.push({ path: `${at}.validityDays`, message: `${validityDays} is not a whole number of days above 0`, fix: "e.g. 366" });
  } else if (!Number.isInteger(renewBeforeDays) || renewBeforeDays < 0 || renewBeforeDays >= validityDays) {
    problems.push({
      path: `${at}.renewBeforeDays`,
      message: `${renewBeforeDays} is not between 0 and the validity of ${validityDays} days`,
      fix: `give a whole number below ${validityDays}`,
    });
  }
  return problems;
}

function checkCommonName(at: string, commonName: string): Problem[] {
  if (commonName.length > 0 && commonName.length <= LONGEST_COMMON_NAME) return [];
  return [
    {
      path: `${at}.commonName`,
      message: `"${commonName}" has ${commonName.length} characters`,
      fix: `give 1 to ${LONGEST_COMMON_NAME} characters`,
    },
  ];
}

/** Every problem of an authority's options. */
export function checkAuthority(name: string, args: Filled<CertificateAuthorityArgs>): Problem[] {
  return [...checkCommonName(name, args.commonName), ...checkValidity(name, args.validityDays, args.renewBeforeDays)];
}

/** Every problem of a certificate's options. */
export function checkIssue(name: string, args: Filled<IssueArgs>): Problem[] {
  const problems = [...checkCommonName(name, args.commonName), ...checkValidity(name, args.validityDays, args.renewBeforeDays)];
  for (const [index, host] of args.dnsNames.entries()) {
    if (isIP(host) !== 0) {
      problems.push({ path: `${name}.dnsNames[${index}]`, message: `"${host}" is an address, not a name`, fix: "move it to ipAddresses" });
    } else if (!HOST_NAME.test(host) || host.length > 253) {
      problems.push({ path: `${name}.dnsNames[${index}]`, message: `"${host}" is not a host name`, fix: "e.g. app.example.org" });
    }
  }
  for (const [index, address] of args.ipAddresses.entries()) {
    if (isIP(address) !== 0) continue;
    problems.push({
      path: `${name}.ipAddresses[${index}]`,
      message: `"${address}" is not an IPv4 or IPv6 address`,
      fix: "names belong in dnsNames",
    });
  }
  if (args.uses.length === 0) {
    problems.push({
      path: `${name}.uses`,
      message: "is empty, so the certificate could do nothing",
      fix: 'give "server", "client" or both',
    });
  }
  if (args.uses.includes("server") && args.dnsNames.length + args.ipAddresses.length === 0) {
    problems.push({
      path: `${name}.dnsNames`,
      message: "a server certificate without a name or address matches no host",
      fix: "give dnsNames, ipAddresses or both",
    });
  }
  if (args.validityDays > LONGEST_VALIDITY_DAYS) {
    problems.push({
      path: `${name}.validityDays`,
      message: `${args.validityDays} days is more than browsers accept`,
      fix: `give at most ${LONGEST_VALIDITY_DAYS}`,
    });
  }
  return problems;
}
