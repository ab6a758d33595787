import type { Platform } from "../../platform";
import { onlyPorts, SEGMENTS, type Permission, type Problem, type Ref, type Workload } from "../../workload";
import { offerUrl, PATIENCE } from "../acme";
import type { TraefikLoadBalancerOptions } from "./options";
import type { FilledService } from "./render";
import { contents, type TraefikParts } from "./workload";

/** Ports of the discovery: what balancers ask over mutual TLS, and /healthz and /metrics. */
export const DISCOVERY_PORTS = { discovery: 8445, status: 8081 } as const;

/** Server certificate and its authority in the discovery, what it offers, and the engine's socket. */
export const SERVER = {
  caFile: "/etc/discovery/authority.pem",
  certificateFile: "/etc/discovery/certificate.pem",
  keyFile: "/run/secrets/discovery.key",
  configurationFile: "/run/secrets/configuration.json",
  keysFile: "/run/secrets/keys.json",
  replicasFile: "/etc/discovery/replicas.json",
  socket: "/var/run/docker.sock",
};

/** By which the discovery fetches the certificates that are offered. */
export const OFFERS = {
  caFile: "/etc/discovery/offers/authority.pem",
  certificateFile: "/etc/discovery/offers/certificate.pem",
  keyFile: "/run/secrets/offers.key",
};

/** User and group of the discovery's process. */
const USER = { uid: 10001, gid: 10001 };

/** What the discovery reads of Kubernetes: the addresses of Services' pods. Roles know no labels, so it is all of the namespace's. */
const ENDPOINTS: Permission = { group: "discovery.k8s.io", resources: ["endpointslices"], verbs: ["list", "watch"] };

const SOCKET_EXEMPTIONS = {
  "hardening-runtime-socket": "this is the filter in front of the socket: it reads names, labels and addresses of labelled services",
  "hardening-host-path": "the engine's socket, which the filter is in front of",
};

/** Where it fetches certificates. */
function offersEnv(acme: Ref): Record<string, string> {
  return {
    DISCOVERY_OFFERS_URL: offerUrl(acme),
    DISCOVERY_OFFERS_WAIT: String(PATIENCE),
    DISCOVERY_OFFERS_CA_FILE: OFFERS.caFile,
    DISCOVERY_OFFERS_CERTIFICATE_FILE: OFFERS.certificateFile,
    DISCOVERY_OFFERS_KEY_FILE: OFFERS.keyFile,
  };
}

/** What is the same on every platform: it answers the balancer alone, over mutual TLS. */
function base(options: TraefikLoadBalancerOptions, parts: TraefikParts, acme: Ref | undefined): Workload {
  const placement = options.discoveryPlacement ?? options.placement;
  return {
    kind: "service",
    image: options.images.discovery,
    env: {
      DISCOVERY_PORT: String(DISCOVERY_PORTS.discovery),
      DISCOVERY_STATUS_PORT: String(DISCOVERY_PORTS.status),
      DISCOVERY_CA_FILE: SERVER.caFile,
      DISCOVERY_CERTIFICATE_FILE: SERVER.certificateFile,
      DISCOVERY_KEY_FILE: SERVER.keyFile,
      DISCOVERY_CONFIGURATION_FILE: SERVER.configurationFile,
      ...(SERVER.keysFile in parts.secrets ? { DISCOVERY_KEYS_FILE: SERVER.keysFile } : {}),
      ...(acme ? offersEnv(acme) : {}),
    },
    files: contents(parts.files),
    secrets: parts.secrets,
    ports: Object.entries(DISCOVERY_PORTS).map(([name, container]) => ({ name, container })),
    metrics: { port: "status", path: "/metrics", ...(options.scraper ? { scraper: options.scraper } : {}) },
    health: { live: { http: { port: "status", path: "/healthz" }, interval: 2, timeout: 2, retries: 3, startPeriod: 10 } },
    resources: { limits: { cpu: "200m", memory: "96Mi" }, reservations: { cpu: "20m", memory: "64Mi" } },
    // The balancer goes on with what it knows while one of the two is replaced.
    scale: { replicas: 2 },
    ...(placement ? { placement } : {}),
    stop: { grace: 15 },
    security: { user: USER, readOnlyRoot: true, writable: ["/tmp"] },
    ...(acme ? { connects: [onlyPorts(acme, ["offer"])] } : {}),
  };
}

/** The only one of the two with the engine's socket, of which it shows a small part. */
function besideEngine(prefix: string, options: TraefikLoadBalancerOptions, given: Workload): Workload {
  return {
    ...given,
    env: {
      ...given.env,
      DISCOVERY_PROJECT: prefix,
      DISCOVERY_NETWORK: `${prefix}-${SEGMENTS.edge}`,
      DISCOVERY_SOCKET: SERVER.socket,
    },
    security: { ...given.security, groups: options.engineGroup === undefined ? [] : [options.engineGroup] },
    hostSockets: { [SERVER.socket]: options.engineSocket ?? "/var/run/docker.sock" },
    policyExemptions: SOCKET_EXEMPTIONS,
  };
}

/** The only one of the two that asks the API server, and only for addresses, which it fills into the configuration. */
function besideApiServer(filled: Record<string, FilledService>, given: Workload): Workload {
  return {
    ...given,
    env: { ...given.env, DISCOVERY_REPLICAS_FILE: SERVER.replicasFile },
    files: { ...given.files, [SERVER.replicasFile]: { content: `${JSON.stringify(filled, undefined, 2)}\n` } },
    ...(Object.keys(filled).length > 0 ? { access: [ENDPOINTS] } : {}),
  };
}

/**
 * The service that tells the balancer which replicas there are, what its routes are and whose API keys are good.
 * @param acme the service whose certificates it lays over those of the configuration
 */
export function discoveryWorkload(
  platform: Pick<Platform, "prefix" | "replicasBy">,
  options: TraefikLoadBalancerOptions,
  parts: TraefikParts,
  filled: Record<string, FilledService>,
  acme?: Ref,
): Workload {
  const given = base(options, parts, acme);
  return platform.replicasBy === "labels" ? besideEngine(platform.prefix, options, given) : besideApiServer(filled, given);
}

/** What the discovery needs to be told on this platform and was not. */
export function checkDiscoveryOptions(name: string, { platform, engineGroup }: TraefikLoadBalancerOptions): Problem[] {
  if (platform.replicasBy === "endpoints" || engineGroup !== undefined) return [];
  return [
    {
      path: `${name}.engineGroup`,
      message: "is missing, so the discovery could not read the engine's socket",
      fix: "give the number that stat -c %g /var/run/docker.sock prints on the managers",
    },
  ];
}
