import { readFileSync } from "node:fs";
import { isIP } from "node:net";
import { parseArgs } from "node:util";

/** How requests travel: each on a connection of its own, or on connections that stay open. */
export const CONNECTION_MODES = ["fresh", "keep-alive"] as const;
export type ConnectionMode = (typeof CONNECTION_MODES)[number];

/** What a load run does. */
export interface LoadOptions {
  /** Scheme, host and port, e.g. `https://localhost:8443`. The host is what TLS and the `host` header name. */
  url: string;
  /**
   * IP addresses that connections go to, in turn; the host of `url` is not looked up. Where no connection to one comes about, the next
   * is tried, each once for a request: nothing of it has been sent then. With one address nothing is tried behind our back.
   * @default ["127.0.0.1"]
   */
  addresses: readonly string[];
  /** Certificate authority to trust, PEM. @default what Node trusts */
  ca?: string;
  /** Requests a second, sent on schedule whether or not earlier ones have been answered (open loop). @default 100 */
  rate: number;
  /** Seconds of load. @default 60 */
  seconds: number;
  mode: ConnectionMode;
  /** Keep-alive clients that take turns; each sends on its own connection every `connections / rate` seconds. @default 20 */
  connections: number;
  /** Paths of GET requests, in turn; 200 is expected. @default ["/"] */
  get: readonly string[];
  /** Path of POST requests, sent as `{"name": <request id>}`; 201 is expected. Absent: GET only. */
  post?: string;
  /** Share of the requests that are POST, from 0 to 1; 0 without `post`. @default 0.2 */
  postShare: number;
  /** A request unanswered for so long has failed. Milliseconds, from the moment it was due. @default 5000 */
  timeout: number;
  /** Start of every `x-request-id`; the rest is `-` and the request's number. @default a random one */
  runId: string;
  /** Allow an address that is not a loopback address. @default false */
  allowRemote: boolean;
}

/** Thrown for options that make no sense; names every problem at once. */
export class LoadOptionsError extends Error {
  override readonly name = "LoadOptionsError";

  constructor(readonly problems: readonly string[]) {
    super(problems.join("\n"));
  }
}

/** Marks ids of one run so that they can be found in a log among others. */
function randomRunId(): string {
  return `load-${Date.now().toString(36)}-${Math.random().toString(36).slice(2, 8)}`;
}

function isLoopback(address: string): boolean {
  return address === "::1" || (isIP(address) === 4 && address.startsWith("127."));
}

/**
 * Fills in what is left out and checks the result.
 * @throws LoadOptionsError with every problem
 */
export function completeOptions(given: Partial<LoadOptions>): LoadOptions {
  const options: LoadOptions = {
    url: "",
    addresses: ["127.0.0.1"],
    rate: 100,
    seconds: 60,
    mode: "fresh",
    connections: 20,
    get: ["/"],
    postShare: given.post === undefined ? 0 : 0.2,
    timeout: 5000,
    runId: randomRunId(),
    allowRemote: false,
    ...given,
  };
  const problems: string[] = [];
  const check = (right: boolean, key: keyof LoadOptions, fix: string) => {
    if (!right) problems.push(`${key} is ${JSON.stringify(options[key] ?? null)}: ${fix}`);
  };
  const url = URL.canParse(options.url) ? new URL(options.url) : undefined;
  check(url?.protocol === "https:", "url", "write an https address, e.g. https://localhost:8443");
  const { addresses } = options;
  check(addresses.length > 0 && addresses.every((each) => isIP(each) !== 0), "addresses", "write IP addresses, e.g. 127.0.0.1");
  check(
    options.allowRemote || addresses.every(isLoopback),
    "addresses",
    "use loopback addresses, or say allowRemote to load another machine",
  );
  check(options.rate > 0 && options.rate <= 10_000, "rate", "use a number of requests a second above 0, at most 10000");
  check(options.seconds > 0 && options.seconds <= 86_400, "seconds", "use a number of seconds above 0, at most 86400");
  check(CONNECTION_MODES.includes(options.mode), "mode", `use ${CONNECTION_MODES.join(" or ")}`);
  check(Number.isInteger(options.connections) && options.connections >= 1, "connections", "use a whole number from 1");
  check(options.get.length > 0 && options.get.every((path) => path.startsWith("/")), "get", "name at least one path; paths start with /");
  check(options.post === undefined || options.post.startsWith("/"), "post", "write a path that starts with /");
  check(options.postShare >= 0 && options.postShare <= 1, "postShare", "use a number from 0 to 1");
  check(options.postShare === 0 || options.post !== undefined, "postShare", "name the path of POST requests with post, or use 0");
  check(options.timeout > 0, "timeout", "use a number of milliseconds above 0");
  check(/^[\w.:-]{1,100}$/.test(options.runId), "runId", "use 1 to 100 letters, digits, dots, colons, hyphens or underscores");
  if (problems.length > 0) throw new LoadOptionsError(problems);
  return options;
}

/** The command line of `main.ts`; {@link commandLine} is its inverse. */
export const USAGE = `Usage: node test/dist/load/main.js --url https://localhost:8443 [options]
  --ca FILE           trust this certificate authority (PEM)
  --address IP        connect here whatever the url's host is; with  (127.0.0.1)
                      several the next where one takes no connection
  --rate N            requests a second, open loop                   (100)
  --seconds N         length of the run; SIGINT or SIGTERM ends it   (60)
  --mode MODE         fresh or keep-alive connections                (fresh)
  --connections N     keep-alive clients that take turns             (20)
  --get PATH          a GET path; may be repeated                    (/)
  --post PATH         where POST requests go; none without it
  --post-share X      share of POST requests                         (0.2)
  --timeout MS        a request has failed after so long             (5000)
  --run-id TEXT       start of every x-request-id                    (random)
  --allow-remote      allow an address other than loopback
Progress goes to standard error, the report to standard output as JSON. Exit code 0 when no request failed, 1 when one did, 2 for wrong options.`;

/**
 * Options from command-line arguments.
 * @throws LoadOptionsError for unknown or wrong ones, or a certificate file that cannot be read
 */
export function parseCommandLine(args: string[]): LoadOptions {
  const text = { type: "string" } as const;
  let values;
  try {
    ({ values } = parseArgs({
      args,
      options: {
        url: text,
        ca: text,
        address: { type: "string", multiple: true },
        rate: text,
        seconds: text,
        mode: text,
        connections: text,
        get: { type: "string", multiple: true },
        post: text,
        "post-share": text,
        timeout: text,
        "run-id": text,
        "allow-remote": { type: "boolean" },
      },
    }));
  } catch (error) {
    throw new LoadOptionsError([(error as Error).message]);
  }
  let ca: string | undefined;
  try {
    if (values.ca !== undefined) ca = readFileSync(values.ca, "utf8");
  } catch (error) {
    throw new LoadOptionsError([`ca is "${values.ca}", which cannot be read (${(error as NodeJS.ErrnoException).code}): name a PEM file`]);
  }
  const number = (given: string | undefined) => (given === undefined ? undefined : Number(given));
  const given = {
    url: values.url,
    ca,
    addresses: values.address,
    rate: number(values.rate),
    seconds: number(values.seconds),
    mode: values.mode as ConnectionMode | undefined,
    connections: number(values.connections),
    get: values.get,
    post: values.post,
    postShare: number(values["post-share"]),
    timeout: number(values.timeout),
    runId: values["run-id"],
    allowRemote: values["allow-remote"],
  };
  return completeOptions(Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)));
}

/** Arguments that make {@link parseCommandLine} return these options; the certificate authority is passed as a file. */
export function commandLine(options: Partial<Omit<LoadOptions, "ca">> & { caFile?: string }): string[] {
  const { caFile, get = [], addresses = [], allowRemote, ...rest } = options;
  const names: Partial<Record<string, string>> = { postShare: "post-share", runId: "run-id" };
  return [
    ...Object.entries(rest).flatMap(([key, value]) => (value === undefined ? [] : [`--${names[key] ?? key}`, String(value)])),
    ...(caFile === undefined ? [] : ["--ca", caFile]),
    ...get.flatMap((path) => ["--get", path]),
    ...addresses.flatMap((address) => ["--address", address]),
    ...(allowRemote ? ["--allow-remote"] : []),
  ];
}
