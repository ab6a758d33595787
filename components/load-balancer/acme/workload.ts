import type * as pulumi from "@pulumi/pulumi";
import type { Platform } from "../../platform";
import { onlyPorts, overrideWorkload, SEGMENTS, type Placement, type Ref, type Secret, type Workload } from "../../workload";
import type { AcmeCertificate } from "./certificates";
import { LETS_ENCRYPT, type AcmeOptions } from "./options";

/** Ports in the container. `challenge` answers HTTP-01, `offer` the balancers. */
const PORTS = { challenge: 8402, offer: 8444, status: 8081 } as const;

/** User and group of the image's process, which is nginx's. */
const USER = { uid: 10101, gid: 10101 };

const HOME = "/var/lib/acme";
const RUNTIME = "/run/nginx";
const DIRECTORY_CA = "/etc/acme/directory-ca.pem";
const SECRETS = "/run/secrets/acme";

const HTTPS = 443;

/** Over which lego asks a domain's own name servers. */
const DNS = 53;

/** Names the service before it runs. @param balancer whose certificates it gets */
export function declareAcme(platform: Platform, balancer: Ref): Ref {
  return platform.declare(`${balancer.name}-acme`, { ports: PORTS, segment: SEGMENTS.edge });
}

/** What the balancer and the platform give to the service. */
export interface AcmeSurroundingsOfWorkload {
  balancer: Ref;
  certificates: readonly AcmeCertificate[];
  /** Its end of the channel to the balancers. */
  channel: { files: Record<string, pulumi.Input<string>>; secrets: Record<string, Secret>; env: Record<string, string> };
  /** Credentials of the DNS provider by lego's name for them. */
  credentials: Record<string, Secret>;
  /** The balancer's. */
  placement?: Placement;
  /** Who reads the metrics. */
  scraper?: Ref;
}

/** Port of an authority's directory. */
export function directoryPort(directory: string = LETS_ENCRYPT.production): number {
  return Number(new URL(directory).port || HTTPS);
}

/** The service that gets certificates, renews them and offers them to the balancers. */
export function acmeWorkload(options: AcmeOptions, parts: AcmeSurroundingsOfWorkload): Workload {
  const { directory = LETS_ENCRYPT.production, challenge = "http-01", placement = parts.placement } = options;
  const dns = challenge === "http-01" ? undefined : challenge.dns;
  const env: Workload["env"] = {
    ...parts.channel.env,
    NGINX_BUNDLE_PORT: String(PORTS.offer),
    ACME_CERTIFICATES: parts.certificates.map(({ hosts }) => hosts.join(",")).join(" "),
    ACME_EMAIL: options.email,
    ACME_DIRECTORY: directory,
    ACME_CHALLENGE: dns?.provider ?? "http-01",
    ACME_KEY_TYPE: options.keyType ?? "ec256",
    ACME_HOME: HOME,
    ACME_HTTP_PORT: String(PORTS.challenge),
    ACME_STATUS_PORT: String(PORTS.status),
    ...(options.renewDaysBefore === undefined ? {} : { ACME_RENEW_DAYS: String(options.renewDaysBefore) }),
    ...(options.directoryCa === undefined ? {} : { LEGO_CA_CERTIFICATES: DIRECTORY_CA }),
    ...(dns === undefined
      ? { ACME_BALANCER: `http://${parts.balancer.host}:${parts.balancer.ports["http"] ?? ""}` }
      : {
          // Platforms let TCP out, not UDP.
          LEGO_EXPERIMENTAL_DNS_TCP_ONLY: "true",
          ...(dns.wait === undefined ? {} : { ACME_DNS_WAIT: String(dns.wait) }),
          ...dns.env,
          ...Object.fromEntries(Object.keys(parts.credentials).map((name) => [`${name}_FILE`, `${SECRETS}/${name}`])),
        }),
  };
  const files = { ...parts.channel.files, ...(options.directoryCa === undefined ? {} : { [DIRECTORY_CA]: options.directoryCa }) };
  const credentials = Object.entries(parts.credentials).map(([name, secret]) => [`${SECRETS}/${name}`, secret] as const);
  const base: Workload = {
    kind: "stateful",
    image: options.image,
    env,
    files: Object.fromEntries(Object.entries(files).map(([path, content]) => [path, { content }])),
    secrets: { ...parts.channel.secrets, ...Object.fromEntries(credentials) },
    ports: Object.entries(PORTS).map(([name, container]) => ({ name, container })),
    metrics: { port: "status", path: "/metrics", ...(parts.scraper ? { scraper: parts.scraper } : {}) },
    // That an authority is away or refuses is told by the metrics: a restart would mend nothing.
    health: { live: { http: { port: "status", path: "/healthz" }, interval: 5, timeout: 5, retries: 3, startPeriod: 10 } },
    resources: { limits: { cpu: "500m", memory: "128Mi" }, reservations: { cpu: "20m", memory: "48Mi" } },
    scale: { replicas: 1 },
    ...(placement ? { placement } : {}),
    stop: { signal: "SIGQUIT" },
    security: { user: USER, readOnlyRoot: true, writable: [RUNTIME] },
    volumes: [{ name: "account", path: HOME, size: "100Mi" }],
    ...(dns === undefined ? { connects: [onlyPorts(parts.balancer, ["http"])] } : {}),
    outside: [{ ports: [...new Set([directoryPort(directory), HTTPS, ...(dns === undefined ? [] : [DNS])])] }],
  };
  return overrideWorkload(base, options.workload);
}
