import type { AccessLogOptions } from "../../nginx";
import { seconds } from "./configuration";
import { DYNAMIC_DIRECTORY, TRAEFIK_STATE, type BuiltInAcme, type ClientFiles, type TraefikOptions } from "./options";
import { ENTRY_POINTS } from "./routers";

/** Longer than any proxy or browser keeps a connection that is not used. */
const IDLE_SECONDS = 65;
const REQUEST_SECONDS = 60;
const SHUTDOWN = { accept: 0, finish: 20 };
const REFRESH = { discovery: 1, source: 2, replicas: 1 };

/** Upper bounds of the histogram of request times, in seconds. */
const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** Fields of the access log that are dropped: they repeat others, or are Traefik's own. */
const DROPPED = ["StartLocal", "ClientAddr", "ClientPort", "RequestAddr", "RequestPort", "RequestCount", "Overhead", "GzipRatio"];

const LETS_ENCRYPT = "https://acme-v02.api.letsencrypt.org/directory";

function tlsFiles({ caFile, certificateFile, keyFile }: ClientFiles): { ca: string; cert: string; key: string } {
  return { ca: caFile, cert: certificateFile, key: keyFile };
}

/**
 * Paths: a slash, backslash or semicolon that is written as %2F, %5C or %3B is none to a rule and may be one to an upstream, which would
 * then take a path for another one than the rules did: such requests get 400, as those with %00 do. Detours (`/a/../b`, `//`) are resolved before rules
 * are looked at. Headers: one whose name is another's but for `_` or `.` in place of `-` is the same to many an upstream, so it is taken away.
 */
const PATHS_AND_HEADERS = {
  sanitizePath: true,
  encodedCharacters: {
    allowEncodedSlash: false,
    allowEncodedBackSlash: false,
    allowEncodedNullCharacter: false,
    allowEncodedSemicolon: false,
    allowEncodedPercent: true,
    allowEncodedQuestionMark: true,
    allowEncodedHash: true,
  },
  aliasHeadersStrategy: "delete",
};

function entryPoint(options: TraefikOptions, port: number): object {
  const { accept, finish } = { ...SHUTDOWN, ...options.shutdown };
  return {
    address: `:${port}`,
    ...(options.trustedProxies ? { forwardedHeaders: { trustedIPs: options.trustedProxies.ranges } } : {}),
    http: PATHS_AND_HEADERS,
    transport: {
      lifeCycle: { requestAcceptGraceTimeout: seconds(accept), graceTimeOut: seconds(finish) },
      respondingTimeouts: {
        readTimeout: seconds(options.requestSeconds ?? REQUEST_SECONDS),
        // A response may take as long as it takes: downloads, server-sent events.
        writeTimeout: "0s",
        idleTimeout: seconds(options.timeouts?.keepalive ?? IDLE_SECONDS),
      },
    },
  };
}

function accessLog(options: AccessLogOptions | false | undefined): object {
  if (options === false) return {};
  const dropped = [...DROPPED, ...(options?.clientAddress === false ? ["ClientHost"] : [])];
  return {
    accessLog: {
      format: "json",
      ...(options?.path === undefined || options.path === "/dev/stdout" ? {} : { filePath: options.path }),
      fields: {
        names: Object.fromEntries(dropped.map((name) => [name, "drop"])),
        headers: { defaultMode: "drop", names: { "User-Agent": "keep", "X-Request-Id": "keep" } },
        // A query string may carry personal data and tokens.
        queryParameters: { defaultMode: options?.query ? "keep" : "drop" },
      },
    },
  };
}

function builtInAcme({ email, directory, challenge, authorityFile, certificateHours }: BuiltInAcme): object {
  return {
    certificatesResolvers: {
      acme: {
        acme: {
          ...(email === undefined ? {} : { email }),
          caServer: directory ?? LETS_ENCRYPT,
          storage: `${TRAEFIK_STATE}/acme.json`,
          keyType: "EC256",
          ...(authorityFile === undefined ? {} : { caCertificates: [authorityFile] }),
          ...(certificateHours === undefined ? {} : { certificatesDuration: certificateHours }),
          ...(challenge === "http-01" ? { httpChallenge: { entryPoint: ENTRY_POINTS.http } } : { tlsChallenge: {} }),
        },
      },
    },
  };
}

function providers({ discovery, source, client }: TraefikOptions): object {
  const tls = client ? { tls: tlsFiles(client) } : {};
  return {
    file: { directory: DYNAMIC_DIRECTORY, watch: true },
    ...(discovery
      ? {
          swarm: {
            endpoint: discovery.endpoint.replace(/^https:/, "tcp:"),
            ...tls,
            exposedByDefault: false,
            refreshSeconds: seconds(discovery.refresh ?? REFRESH.discovery),
            httpClientTimeout: "5s",
            // A workload's labels say how to choose among its replicas, never which requests come to them: no client has this address.
            defaultRule: "ClientIP(`0.0.0.0/32`)",
          },
        }
      : {}),
    ...(source
      ? {
          http: {
            endpoint: source.endpoint,
            ...tls,
            pollInterval: seconds(source.refresh ?? REFRESH[source.replicas ? "replicas" : "source"]),
            pollTimeout: "5s",
          },
        }
      : {}),
    // Configurations are taken as they come; by default a second one within 2 s has to wait.
    providersThrottleDuration: "0.1s",
  };
}

/** What Traefik takes only when it starts. */
export function staticConfiguration(options: TraefikOptions, ports: { http: number | false; https: number; status: number }): object {
  const { tls } = options;
  const { providersThrottleDuration, ...sources } = providers(options) as { providersThrottleDuration: string };
  return {
    global: { checkNewVersion: false, sendAnonymousUsage: false },
    entryPoints: {
      ...(ports.http === false ? {} : { [ENTRY_POINTS.http]: entryPoint(options, ports.http) }),
      ...(tls === false
        ? {}
        : {
            [ENTRY_POINTS.https]: {
              ...entryPoint(options, ports.https),
              ...(tls.http3 ? { http3: { advertisedPort: options.ports?.publicHttps ?? 443 } } : {}),
            },
          }),
      [ENTRY_POINTS.status]: { address: `:${ports.status}` },
    },
    providers: { providersThrottleDuration, ...sources },
    ping: { entryPoint: ENTRY_POINTS.status, terminatingStatusCode: 503 },
    metrics: {
      prometheus: { entryPoint: ENTRY_POINTS.status, addRoutersLabels: true, addServicesLabels: true, buckets: BUCKETS },
    },
    // Of a workload with several services, which no router names, the Swarm provider complains every second as INFO.
    log: { level: "WARN", format: "json" },
    ...accessLog(options.accessLog),
    // Never on a port: only through a router, behind a password and a list of addresses, which may come and go while Traefik runs.
    api: { dashboard: true, insecure: false, disableDashboardAd: true },
    ...(tls !== false && tls.builtInAcme ? builtInAcme(tls.builtInAcme) : {}),
  };
}
