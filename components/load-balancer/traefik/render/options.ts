import type {
  AccessOptions,
  FixedRoute,
  NginxOptions,
  PortOptions,
  ProxyRoute,
  RedirectRoute,
  RouteBase,
  Strategy,
  Target,
  TlsOptions,
} from "../../nginx";

/** A workload whose replicas Traefik learns of from the platform, and gets to know again whenever they change. */
export interface DiscoveredTarget {
  /** Name people see, as the platform's labels carry it: `Ref.fullName`. */
  discovered: string;
  port: number;
  /** Share of requests relative to the route's other targets; only with strategy `weighted`. */
  weight?: number;
  /** Used only when no other target answers; needs a `healthCheck`. @default false */
  backup?: boolean;
}

/** Where requests go: a workload that is discovered, or one address. A name is looked up for each new connection. */
export type TraefikTarget = Target | DiscoveredTarget;

/**
 * How a route chooses a replica: the shared strategies, and
 * - `auto`: the better of two replicas picked at random, by open requests (power of two choices);
 * - `least-time`: the one that answers fastest, open requests counted in.
 *
 * `least-connections`, `hash` and `consistent-hash` are refused: Traefik has none of them.
 */
export type TraefikStrategy = Strategy | "auto" | "least-time";

/** How Traefik itself asks each replica whether it works. */
export interface TraefikHealthCheck {
  /** GET of this path on the route's port: an answer of 200 to 399 within `timeout` is a success. */
  path: string;
  /** Host header of the question. @default the replica's address */
  host?: string;
  /** Seconds between two questions. @default 1 */
  interval?: number;
  /** Seconds until an answer has to be there. @default 2 */
  timeout?: number;
}

/** When a route answers 503 by itself, so that a struggling upstream gets rest. Any of the conditions opens it. */
export interface CircuitBreaker {
  /** Part of requests that end in a network error, 0 to 1. @default 0.5 */
  networkErrors?: number | false;
  /** Part of answers that are 5xx, 0 to 1. @default false */
  serverErrors?: number | false;
  /** Seconds that half of the requests take at most; longer opens it. @default false */
  medianSeconds?: number | false;
  /** Seconds for which it stays open. @default 10 */
  openSeconds?: number;
  /** Seconds over which requests come back. @default 10 */
  recoverySeconds?: number;
}

/** Copies of a route's requests, whose answers nobody sees. */
export interface Mirror {
  to: TraefikTarget;
  /** Percent of requests that are copied. @default 100 */
  percent?: number;
  /** Largest request body that is copied; a larger one keeps the whole request from it. @default 1 MiB (1048576); bytes */
  maxBodyBytes?: number;
}

/** Who may use a route. */
export interface TraefikAccess extends Omit<AccessOptions, "basicAuth"> {
  /** `users`: lines of an htpasswd file, `name:hash`. */
  basicAuth?: { realm?: string; users: string[] };
  /**
   * Asks an address about every request (its headers, not its body): 2xx lets it through, any other answer is the client's.
   * `responseHeaders` of the answer are handed to the upstream.
   */
  forwardAuth?: { address: string; requestHeaders?: string[]; responseHeaders?: string[] };
}

/** What only Traefik has on a proxied route. */
export interface TraefikExtras {
  /** @default "auto" */
  strategy?: TraefikStrategy;
  healthCheck?: TraefikHealthCheck | false;
  circuitBreaker?: CircuitBreaker;
  mirror?: Mirror;
}

type WithAccess<T extends RouteBase> = Omit<T, "access"> & { access?: TraefikAccess };

/** A route that is proxied. */
export type TraefikProxyRoute = Omit<WithAccess<ProxyRoute>, "to" | keyof TraefikExtras> &
  TraefikExtras & { to: TraefikTarget | TraefikTarget[] };

export type TraefikRoute = TraefikProxyRoute | WithAccess<FixedRoute> | WithAccess<RedirectRoute>;

/** A certificate and its key, as text. */
export interface TraefikCertificate {
  /** The certificate and its intermediates, PEM. */
  certificate: string;
  /** The private key, PEM. */
  key: string;
  /** Host names it is for. @default every host */
  hosts?: string[];
}

/**
 * Certificates that Traefik itself gets from an ACME authority, and keeps in a file, which no two instances may share. `TraefikOptions.acme`
 * is for a service that gets them for any number of instances.
 */
export interface BuiltInAcme {
  /** Whom the authority tells about problems. */
  email?: string;
  /** The authority's directory. @default Let's Encrypt */
  directory?: string;
  /** `tls-alpn-01` needs port 443, `http-01` port 80 of every name. @default "tls-alpn-01" */
  challenge?: "http-01" | "tls-alpn-01";
  /** File with certificates of authorities that the directory's own certificate may come from; PEM. @default the system's */
  authorityFile?: string;
  /** Hours that certificates of this authority last, where it is not Let's Encrypt: renewal is timed by it. @default 2160 */
  certificateHours?: number;
}

/** TLS towards clients. */
export interface TraefikTls extends Omit<TlsOptions, "certificates"> {
  /** The first one without `hosts` serves whoever asks for no known name. */
  certificates: TraefikCertificate[];
  builtInAcme?: BuiltInAcme;
}

/** Where replicas of a Swarm come from: an engine's API, filtered, over mutual TLS. */
export interface SwarmDiscovery {
  /** @example "https://testbro-traefik-discovery:8445" */
  endpoint: string;
  /** Seconds between two looks: shorter than the time for which a leaving replica still serves. @default 1 */
  refresh?: number;
}

/** Where the dynamic configuration comes from: an address, over mutual TLS, asked again and again. */
export interface ConfigurationSource {
  /** @example "https://testbro-traefik-discovery:8445/configuration" */
  endpoint: string;
  /** Seconds between two looks. @default 2; with `replicas` 1: shorter than the time for which a leaving replica still serves */
  refresh?: number;
  /** Whether the source itself fills in the replicas of discovered workloads, as on Kubernetes. @default false: `discovery` tells of them */
  replicas?: boolean;
}

/** A service of the dynamic configuration whose servers are a workload's replicas. */
export interface FilledService {
  /** Name people and the platform see: `Ref.fullName`. */
  workload: string;
  port: number;
  scheme: "http" | "https";
}

/** Files of Traefik's client certificate for `discovery` and `source`. */
export interface ClientFiles {
  caFile: string;
  certificateFile: string;
  keyFile: string;
}

/** The dashboard and its API, on a host of its own. */
export interface DashboardOptions {
  /** @example "traefik.example.org" */
  host: string;
  /** Who may see it; a password and a list of addresses are both required. */
  access: TraefikAccess;
}

/** Everything a balancer is told: the options of the nginx one, of which {@link checkTraefik} names those it cannot keep. Pure data. */
export interface TraefikOptions extends Omit<NginxOptions, "routes" | "tls" | "ports"> {
  routes: TraefikRoute[];
  tls: TraefikTls | false;
  ports?: PortOptions;
  /** Seconds for a whole request, its body included, to arrive; what slow-request attacks live on. 0: any time. @default 60 */
  requestSeconds?: number;
  discovery?: SwarmDiscovery;
  source?: ConfigurationSource;
  client?: ClientFiles;
  dashboard?: DashboardOptions;
  /** What judges API keys: asked for a route as `<address>/<route>`. */
  keyService?: string;
  /** Seconds after SIGTERM for which new requests are still taken, then seconds that open ones may finish. @default { accept: 0, finish: 20 } */
  shutdown?: { accept?: number; finish?: number };
}

export function isProxyRoute(route: TraefikRoute): route is TraefikProxyRoute {
  return "to" in route;
}

export function isDiscovered(target: TraefikTarget): target is DiscoveredTarget {
  return "discovered" in target;
}

/** A route's targets as a list. */
export function traefikTargets(route: TraefikProxyRoute): TraefikTarget[] {
  return Array.isArray(route.to) ? route.to : [route.to];
}

/** Directory the process may write to: what the image's entry point works out at start. */
export const TRAEFIK_RUNTIME = "/run/traefik";

/** Where certificates that come by ACME are kept: a volume. */
export const TRAEFIK_STATE = "/var/lib/traefik";

/** Directory of the file provider, below {@link TRAEFIK_RUNTIME}. */
export const DYNAMIC_DIRECTORY = `${TRAEFIK_RUNTIME}/dynamic`;
