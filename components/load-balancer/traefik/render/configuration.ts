// The part of Traefik's configuration that is written here (reference: https://doc.traefik.io/traefik/v3.7/reference/).

/** Seconds as Traefik takes a duration. */
export type Duration = `${number}s`;

export interface SourceCriterion {
  ipStrategy: { depth?: number; excludedIPs?: string[] };
}

/** A middleware: exactly one of these. */
export interface Middleware {
  headers?: { customRequestHeaders?: Record<string, string>; customResponseHeaders?: Record<string, string> };
  redirectScheme?: { scheme: "https"; port?: string; permanent: boolean };
  redirectRegex?: { regex: string; replacement: string; permanent: boolean };
  rateLimit?: { average: number; period: Duration; burst: number; sourceCriterion: SourceCriterion };
  inFlightReq?: { amount: number; sourceCriterion: SourceCriterion };
  ipAllowList?: { sourceRange: string[]; rejectStatusCode?: number; ipStrategy?: SourceCriterion["ipStrategy"] };
  basicAuth?: { users: string[]; realm: string; removeHeader: boolean };
  forwardAuth?: {
    address: string;
    trustForwardHeader: boolean;
    /** Bytes. */
    maxResponseBodySize: number;
    tls?: { ca: string; cert: string; key: string };
    authRequestHeaders?: string[];
    authResponseHeaders?: string[];
  };
  buffering?: {
    maxRequestBodyBytes: number;
    disableRequestBuffer: boolean;
    disableResponseBuffer: boolean;
  };
  compress?: { encodings: string[]; minResponseBodyBytes: number; includedContentTypes: string[] };
  stripPrefix?: { prefixes: string[] };
  retry?: { attempts: number; initialInterval: Duration; timeout: Duration; status?: string[]; maxRequestBodyBytes: number };
  circuitBreaker?: { expression: string; fallbackDuration: Duration; recoveryDuration: Duration };
}

export interface Cookie {
  name: string;
  maxAge: number;
  path: string;
  httpOnly: boolean;
  secure: boolean;
  sameSite: "lax";
}

/** Servers of one service, apart from the servers themselves. */
export interface Servers {
  strategy: "wrr" | "p2c" | "hrw" | "leasttime";
  serversTransport: string;
  passHostHeader: boolean;
  sticky?: { cookie: Cookie };
  healthCheck?: { path: string; hostname?: string; interval: Duration; timeout: Duration };
  passiveHealthCheck?: { maxFailedAttempts: number; failureWindow: Duration };
}

/** A service: exactly one of these. */
export interface Service {
  loadBalancer?: Servers & { servers: { url: string }[] };
  weighted?: { services: { name: string; weight: number }[]; sticky?: { cookie: Cookie }; healthCheck?: Record<string, never> };
  highestRandomWeight?: { services: { name: string; weight: number }[]; healthCheck?: Record<string, never> };
  mirroring?: { service: string; mirrorBody: boolean; maxBodySize: number; mirrors: { name: string; percent: number }[] };
  failover?: { service: string; fallback: string; healthCheck?: Record<string, never> };
}

export interface Router {
  entryPoints: string[];
  rule: string;
  priority: number;
  service: string;
  middlewares?: string[];
  tls?: { options?: string; certResolver?: string; domains?: { main: string; sans?: string[] }[] };
}

export interface ServersTransport {
  maxIdleConnsPerHost: number;
  forwardingTimeouts: { dialTimeout: Duration; responseHeaderTimeout: Duration; idleConnTimeout: Duration };
  rootCAs?: string[];
  serverName?: string;
}

/** What Traefik takes while it runs. */
export interface DynamicConfiguration {
  http: {
    routers: Record<string, Router>;
    services?: Record<string, Service>;
    middlewares?: Record<string, Middleware>;
    serversTransports?: Record<string, ServersTransport>;
  };
  tls?: {
    certificates?: { certFile: string; keyFile: string }[];
    stores?: { default: { defaultCertificate: { certFile: string; keyFile: string } } };
    options: { default: TlsSettings };
  };
}

export interface TlsSettings {
  minVersion: string;
  cipherSuites?: string[];
  curvePreferences: string[];
  sniStrict: boolean;
  disableSessionTickets: boolean;
  alpnProtocols: string[];
}

export function seconds(value: number): Duration {
  return `${value}s`;
}

/** A dynamic configuration as text. JSON is YAML; and where Traefik reads a file it runs its templates first, of which none may be in ours. */
export function dynamicText(configuration: DynamicConfiguration): string {
  return `${JSON.stringify(configuration, undefined, 2).replaceAll("{{", "\\u007b\\u007b")}\n`;
}
