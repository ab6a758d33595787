import { isIP } from "node:net";
import { Check } from "../nginx/render/check";
import type { Problem } from "../../workload";
import { acmeCertificates, isCovered, normalized, wantedHosts, type Sites } from "./certificates";
import { KEY_TYPES, LETS_ENCRYPT, type AcmeOptions, type DnsChallenge } from "./options";

/** What of the balancer has to fit. */
export interface AcmeSurroundings extends Sites {
  /** Whether plain HTTP is published. */
  plainHttp: boolean;
}

/** Names in one certificate (https://letsencrypt.org/docs/rate-limits/). */
const MOST_NAMES = 100;

/** Latest renewal: the next generation of certificates lives 45 days (https://letsencrypt.org/2025/12/02/from-90-to-45). */
const MOST_DAYS_BEFORE = 30;

/** Names under these belong to no public registry (RFC 6761, 6762, 7686, 8375, ICANN's .internal). */
const PRIVATE_SUFFIXES = ["test", "example", "invalid", "local", "internal", "lan", "home.arpa", "onion"];

/** lego's providers that need what is not in the image: a person, and a program. */
const UNUSABLE_PROVIDERS = ["manual", "exec"];

const LABEL = "[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?";
const NAME = new RegExp(`^(\\*\\.)?(${LABEL}\\.)+${LABEL}$`);

function isLetsEncrypt(directory: string | undefined): boolean {
  return directory === undefined || (Object.values(LETS_ENCRYPT) as string[]).includes(directory);
}

function checkHost(at: Check, host: string, options: AcmeOptions): void {
  const quoted = JSON.stringify(host);
  if (isIP(host) !== 0) {
    at.report(`${quoted} is an address`, "name hosts only; addresses keep the own authority's certificate");
  } else if (host === "localhost" || host.endsWith(".localhost")) {
    at.report(
      `${quoted} is every machine's own name, so no authority issues for it`,
      "leave it out: the own authority's certificate serves",
    );
  } else if (!NAME.test(host) || host.length > 253) {
    at.report(`${quoted} is not a host name with its domain`, "e.g. app.example.org, or *.example.org with a DNS challenge");
  } else if (host.startsWith("*.") && (options.challenge ?? "http-01") === "http-01") {
    at.report(`${quoted} cannot be proved by http-01 (RFC 8555, 8.3)`, "use challenge: { dns: … }, or name the hosts one by one");
  } else if (isLetsEncrypt(options.directory) && PRIVATE_SUFFIXES.some((suffix) => host.endsWith(`.${suffix}`))) {
    at.report(
      `${quoted} is a private name, for which Let's Encrypt does not issue`,
      "use a public name, or the directory of an authority of your own",
    );
  }
}

function checkHosts(check: Check, options: AcmeOptions, surroundings: AcmeSurroundings): void {
  const { sites, covered } = surroundings;
  const known = normalized(sites.flat());
  const wanted = wantedHosts(options, surroundings);
  if (wanted.length === 0) check.report("there is no name to get a certificate for", "give the balancer's hosts, or leave tls.acme out");
  for (const host of wanted) {
    checkHost(check, host, options);
    if (options.hosts === undefined) continue;
    if (!known.includes(host)) check.report(`"${host}" is no host of the balancer or a route`, "add it there, or leave it out here");
    if (isCovered(covered, host)) check.report(`"${host}" has a certificate in tls.certificates`, "leave it out in one of the two places");
  }
  for (const site of sites) {
    const names = normalized(site).filter((host) => isIP(host) === 0);
    const without = names.filter((host) => !wanted.includes(host));
    if (without.length === 0 || without.length === names.length) continue;
    check.report(
      `"${without.join('", "')}" would be shown the certificate of "${names.find((host) => wanted.includes(host)) ?? ""}", with which it shares its routes`,
      "get certificates for all of them, or give it routes with hosts of their own",
    );
  }
  for (const { hosts } of acmeCertificates(options, surroundings)) {
    if (hosts.length > MOST_NAMES)
      check.report(`${hosts.length} names share one certificate`, `give at most ${MOST_NAMES} names to one site`);
  }
}

function checkDns(check: Check, { provider, secrets = {}, env = {}, wait }: DnsChallenge): void {
  if (!/^[a-z0-9][a-z0-9-]*$/.test(provider)) {
    check
      .at("provider")
      .report(`${JSON.stringify(provider)} is not a provider's code`, "e.g. cloudflare: https://go-acme.github.io/lego/dns/");
  }
  if (UNUSABLE_PROVIDERS.includes(provider)) {
    check
      .at("provider")
      .report(`"${provider}" needs a person or a program beside it`, "use a provider with an API, e.g. acme-dns or rfc2136");
  }
  for (const [key, values] of Object.entries({ secrets, env })) {
    for (const name of Object.keys(values)) {
      if (!/^[A-Z][A-Z0-9_]*$/.test(name)) {
        check.at(key).report(`${JSON.stringify(name)} is not a variable's name`, "write it as lego does, e.g. CLOUDFLARE_DNS_API_TOKEN");
      } else if (/^(ACME|NGINX|LEGO)_/.test(name)) {
        check.at(key).report(`"${name}" is not the provider's`, "use the field of tls.acme that is for it");
      }
    }
  }
  for (const name of Object.keys(secrets).filter((each) => each in env)) {
    check.at("env").report(`"${name}" is among the secrets too`, "give it once");
  }
  check.at("wait").whole(wait, 1, 3600);
}

function isHttps(text: string): boolean {
  return URL.canParse(text) && new URL(text).protocol === "https:" && !/[\s"'`$\\]/.test(text);
}

/**
 * Every problem of the options, none when they are sound. Pure.
 * @param path starts the path of each problem
 */
export function checkAcme(path: string, options: AcmeOptions, surroundings: AcmeSurroundings): Problem[] {
  const check = new Check(path);
  const { email, directory, challenge = "http-01", keyType, renewDaysBefore } = options;
  if (!/^[^\s@,"]+@[^\s@,"]+\.[^\s@,".]+$/.test(email ?? "")) {
    check.at("email").report(`${JSON.stringify(email ?? null)} is not an address`, "write one that is read, e.g. ops@example.org");
  }
  if (directory !== undefined && !isHttps(directory)) {
    check.at("directory").report(`${JSON.stringify(directory)} is not an https URL`, `e.g. ${LETS_ENCRYPT.staging}`);
  }
  checkHosts(check.at("hosts"), options, surroundings);
  if (challenge === "http-01") {
    if (!surroundings.plainHttp) {
      check.at("challenge").report("http-01 comes in at port 80, and plain HTTP is not published", "publish ports.http, or use { dns: … }");
    }
  } else if (typeof challenge === "object" && challenge.dns !== undefined) {
    checkDns(check.at("challenge.dns"), challenge.dns);
  } else {
    check.at("challenge").report(`${JSON.stringify(challenge)} is not known`, 'give "http-01" or { dns: { provider, secrets } }');
  }
  check.at("keyType").oneOf(keyType, KEY_TYPES);
  check.at("renewDaysBefore").whole(renewDaysBefore, 1, MOST_DAYS_BEFORE);
  return check.problems;
}
