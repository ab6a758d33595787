import { describeProblems } from "../../../workload";
import { hostLists } from "./access";
import { dynamicText, type DynamicConfiguration } from "./configuration";
import { discoveryLabels } from "./labels";
import { isProxyRoute, type FilledService, type TraefikOptions } from "./options";
import { ACME_SERVICE, guardsOf, routing, UNAVAILABLE } from "./routers";
import { routeServices, schemeOf, transports, urlOf, type RouteServices } from "./services";
import { staticConfiguration } from "./static";
import { tlsConfiguration } from "./tls";
import { checkTraefik } from "./validate";

/** Everything a Traefik is configured by. */
export interface RenderedTraefik {
  /** The file it reads when it starts; JSON, which is YAML. */
  staticText: string;
  /** What it takes while it runs: routes, middlewares, certificates with their keys. Secret, where certificates are. */
  dynamicText: string;
  /** Labels by the full name of each discovered workload; none where the source fills in their replicas. */
  labels: Record<string, Record<string, string>>;
  /** Where the source fills in replicas: whose they are, by the name of the service in the dynamic configuration, which has none there. */
  filled: Record<string, FilledService>;
  /** Address lists that include the container's host, by name; the image's entry point writes them. */
  hostLists: Record<string, string[]>;
}

/** Servers that no route has chosen anything for. */
const PLAIN = { strategy: "wrr", serversTransport: "", passHostHeader: true } as const;

/** Ports in the container with every default. */
export function traefikPorts(options: Pick<TraefikOptions, "ports">): {
  http: number | false;
  https: number;
  status: number;
  publicHttps: number;
} {
  return { http: 8080, https: 8443, status: 8081, publicHttps: 443, ...options.ports };
}

/** Provider that brings the dynamic configuration: labels have to name parts of it with the provider's name. */
export function providerOf(options: TraefikOptions): "http" | "file" {
  return options.source ? "http" : "file";
}

/**
 * Renders a balancer's configuration. Pure: the same options give the same text.
 * @param name start of every path in messages
 * @throws Error naming every problem of the options at once
 * @example renderTraefik({ tls: false, routes: [{ name: "app", path: "/", to: { host: "app", port: 3000 } }] }).dynamicText
 */
export function renderTraefik(options: TraefikOptions, name = "traefik"): RenderedTraefik {
  const problems = checkTraefik(name, options);
  if (problems.length > 0) throw new Error(describeProblems(problems));
  const ports = traefikPorts(options);
  const services = new Map<string, RouteServices>(
    options.routes.filter(isProxyRoute).map((route) => [route.name, routeServices(options, route, providerOf(options))]),
  );
  const { routers, middlewares } = routing(options, ports, services);
  const tls = tlsConfiguration(options);
  const dynamic: DynamicConfiguration = {
    http: {
      routers,
      middlewares,
      services: {
        [UNAVAILABLE]: { loadBalancer: { ...PLAIN, servers: [] } },
        ...(options.acme ? { [ACME_SERVICE]: { loadBalancer: { ...PLAIN, servers: [{ url: urlOf(options.acme.to, "http") }] } } } : {}),
        ...Object.assign({}, ...[...services.values()].map((each) => each.services)),
      },
      // Traefik refuses a section that is there and empty.
      ...(options.routes.some(isProxyRoute) ? { serversTransports: transports(options) } : {}),
    },
    ...(tls ? { tls } : {}),
  };
  const discovered = options.routes
    .filter(isProxyRoute)
    .flatMap((route) => (services.get(route.name)?.discovered ?? []).map((each) => ({ ...each, scheme: schemeOf(route) })));
  const byLabels = options.source?.replicas ? [] : discovered;
  const filled = options.source?.replicas ? discovered : [];
  return {
    staticText: `${JSON.stringify(staticConfiguration(options, ports), undefined, 2)}\n`,
    dynamicText: dynamicText(dynamic),
    labels: discoveryLabels(byLabels),
    filled: Object.fromEntries(
      filled.map(({ name, target, scheme }) => [name, { workload: target.discovered, port: target.port, scheme }]),
    ),
    hostLists: hostLists(guardsOf(options)),
  };
}

export * from "./options";
export { checkTraefik } from "./validate";
export { hostListsText } from "./access";
