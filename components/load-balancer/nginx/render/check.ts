import { isIP } from "node:net";
import type { Problem } from "../../../workload";

/** Collects problems below one path, so that all of an input are reported at once. */
export class Check {
  constructor(
    readonly path: string,
    readonly problems: Problem[] = [],
  ) {}

  /** The same collection, one step further down. */
  at(key: string | number): Check {
    return new Check(typeof key === "number" ? `${this.path}[${key}]` : `${this.path}.${key}`, this.problems);
  }

  report(message: string, fix: string): void {
    this.problems.push({ path: this.path, message, fix });
  }

  whole(value: number | undefined, lowest: number, highest = Number.MAX_SAFE_INTEGER): void {
    if (value === undefined || (Number.isInteger(value) && value >= lowest && value <= highest)) return;
    const range = highest === Number.MAX_SAFE_INTEGER ? `${lowest} or more` : `from ${lowest} to ${highest}`;
    this.report(`${value} is not a whole number ${range}`, `give a whole number ${range}`);
  }

  port(value: number | undefined): void {
    if (value === undefined || (Number.isInteger(value) && value >= 1 && value <= 65535)) return;
    this.report(`${value} is not a port`, "give a whole number from 1 to 65535");
  }

  matches(value: string | undefined, pattern: RegExp, what: string, example: string): void {
    if (value === undefined || pattern.test(value)) return;
    this.report(`${JSON.stringify(value)} is not ${what}`, `e.g. ${example}`);
  }

  oneOf(value: string | number | undefined, known: readonly (string | number)[]): void {
    if (value === undefined || known.includes(value)) return;
    this.report(`${JSON.stringify(value)} is not known`, `give one of ${known.join(", ")}`);
  }

  host(value: string, wildcard: boolean): void {
    if (isIP(value) !== 0) return;
    const label = "[a-zA-Z0-9_]([a-zA-Z0-9_-]{0,61}[a-zA-Z0-9_])?";
    const name = new RegExp(`^${wildcard ? "(\\*\\.)?" : ""}${label}(\\.${label})*$`);
    if (!name.test(value) || value.length > 253) {
      this.report(`${JSON.stringify(value)} is not a host name or address`, `e.g. app.example.org${wildcard ? " or *.example.org" : ""}`);
    }
  }

  range(value: string): void {
    const [address = "", bits, ...rest] = value.split("/");
    const version = isIP(address);
    const most = version === 4 ? 32 : 128;
    const good = version !== 0 && rest.length === 0 && (bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= most));
    if (!good) this.report(`${JSON.stringify(value)} is not an address or range`, "e.g. 10.0.0.0/8, 192.0.2.7 or 2001:db8::/32");
  }

  file(value: string): void {
    if (!/^\/[^\0\r\n]*[^/\0\r\n]$/.test(value)) this.report(`${JSON.stringify(value)} is not an absolute path`, "start it with /");
    // nginx reads some names anew for each request, with variables in them.
    else if (value.includes("$")) this.report(`${JSON.stringify(value)} contains a dollar sign`, "give the file a name without one");
  }

  headerName(value: string): void {
    this.matches(value, /^[A-Za-z0-9!#%&'*+.^_`|~-]+$/, "a header name (RFC 9110, 5.1)", "X-Example");
  }

  /** Text in a header: a line break would start another header. */
  headerValue(value: string): void {
    // eslint-disable-next-line no-control-regex -- control characters are what it looks for
    if (/[\x00-\x08\x0a-\x1f\x7f]/.test(value)) {
      this.report(`${JSON.stringify(value)} contains a control character`, "write it on one line, without control characters");
    }
  }
}

/** Lower-case letters, digits and hyphens. */
export const NAME = /^[a-z]([a-z0-9-]{0,38}[a-z0-9])?$/;

/** A size with its unit. */
export const SIZE = /^[1-9]\d{0,6}[kmg]$/;

/** A size of shared memory. */
export const ZONE_SIZE = /^[1-9]\d{0,5}[km]$/;

/** A rate. */
export const RATE = /^[1-9]\d{0,6}r\/[sm]$/;

/** A cookie name nginx can make a variable of. */
export const COOKIE = /^[A-Za-z0-9_]+$/;
