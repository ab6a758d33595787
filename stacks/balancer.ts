import type { AppRefs } from "@testbro/components/app";
import type { OwnCertificateAuthority } from "@testbro/components/certificates";
import { NginxLoadBalancer, type BalancerAccess } from "@testbro/components/load-balancer/nginx";
import { TraefikLoadBalancer, type Discovered } from "@testbro/components/load-balancer/traefik";
import type { Platform } from "@testbro/components/platform";
import type { MetricsTarget, Ref } from "@testbro/components/workload";
import { acmeOf } from "./acme";
import type { Environment } from "./environment";
import { makeLogin, type Login } from "./login";

/** Why `localhost` does without HSTS. */
const WITHOUT_HSTS = "browsers apply it to a name on all its ports, and localhost has others of the developer's";

/** Folder of nginx's status page. */
const STATUS_PATH = "/balancer/";

/** Name of the component, whichever balancer it is, so that one takes the place of the other. */
const NAME = "load-balancer";

/**
 * What each balancer asks a backend. nginx: whether it is ready; where none is, because the database is away, it uses all of them. Traefik
 * would answer 503 by itself then, also what a backend can do without its database, so it asks only whether a backend lives.
 */
const BACKEND_CHECK = { nginx: { path: "/health/ready" }, traefik: { path: "/health" } } as const;

/**
 * Seconds of silence after which a GET is asked of another replica, and a POST gives up: what a request costs that is under way in a replica when
 * it hangs. The health check takes about as long to find that out. An app that is slower, such as one that makes reports, needs more.
 */
const APP_TIMEOUTS = { read: 5 };

/** Who may open a page, and how often. */
export interface Guarded {
  access: BalancerAccess;
  rateLimits: [];
}

/** A page of the stack behind the balancer, of a workload that has one replica. */
export interface Page extends Guarded {
  name: string;
  path: string;
  to: Ref;
  maxFails: 0;
}

/** A page at a path and below. */
export function pageOf(name: string, path: string, to: Ref, guarded: Guarded): Page {
  // To leave out the only replica helps nobody: Traefik would answer 503 in its stead, and go on to count it as down where its configuration
  // changes within those two seconds.
  return { name, path: `${path}/`, to, ...guarded, maxFails: 0 };
}

/** Routes to the app. */
export function appRoutes(loadBalancer: Environment["loadBalancer"], app: AppRefs) {
  const healthCheck = BACKEND_CHECK[loadBalancer];
  return {
    first: [
      { name: "api", path: "/api/", to: app.backend, strategy: "auto" as const, timeouts: APP_TIMEOUTS, healthCheck },
      { name: "websocket", path: "/ws", to: app.backend, strategy: "ip-hash" as const, websocket: true, healthCheck },
    ],
    // Matches every path, so after all others.
    last: [{ name: "frontend", path: "/", to: app.frontend, timeouts: APP_TIMEOUTS, healthCheck: { path: "/" } }],
  };
}

/** What the balancer of a stack is made of. */
export interface BalancerParts {
  environment: Environment;
  platform: Platform;
  ca: OwnCertificateAuthority;
  routes: ReturnType<typeof appRoutes>;
  pages: Page[];
  scraper: Ref;
  /** The same of nginx's own status page. */
  guarded: Guarded;
  discovered: Discovered | undefined;
}

/** The balancer that runs. */
export interface StackBalancer {
  ref: Ref;
  targets: MetricsTarget[];
  /** Its own pages. */
  urls: Record<string, string>;
  /** Where Traefik's dashboard wants a password. Secret. */
  dashboardLogin?: Login;
}

/** Where a host of the stack is reached. */
export function originOf({ httpsPort }: Environment, host: string): string {
  return `https://${host}${httpsPort === 443 ? "" : `:${httpsPort}`}`;
}

/** What is the same of both. */
function shared({ environment, platform, ca, scraper }: BalancerParts) {
  const { domain } = environment;
  const acme = acmeOf(environment);
  return {
    platform,
    hosts: [domain],
    tls: { authority: ca, hsts: domain === "localhost" ? (false as const) : {}, ...(acme ? { acme } : {}) },
    ports: { http: environment.httpPort, https: environment.httpsPort },
    scraper,
    ...environment.balancer,
  };
}

function nginx(parts: BalancerParts): StackBalancer {
  const { environment, routes, pages, guarded } = parts;
  const balancer = new NginxLoadBalancer(NAME, {
    ...shared(parts),
    image: environment.images.nginx,
    ...(environment.domain === "localhost" ? { policyExemptions: { "tls-hsts": WITHOUT_HSTS } } : {}),
    // A changed route or certificate is taken by the running balancer: replacing it would refuse connections for a moment.
    onChange: "reload",
    routes: [...routes.first, ...pages, { name: "balancer", path: STATUS_PATH, page: "status" as const, ...guarded }, ...routes.last],
  });
  return {
    ref: balancer.ref,
    targets: balancer.targets,
    urls: { balancer: `${originOf(environment, environment.domain)}${STATUS_PATH}` },
  };
}

/** Who may see the dashboard: from the machine itself, or from addresses that the configuration names, and with a password besides. */
function dashboardAccess({ monitoringAccess, dashboardAddresses }: Environment) {
  if (monitoringAccess !== "host" && dashboardAddresses.length === 0) return undefined;
  const { users, login } = makeLogin("dashboard");
  return {
    access: {
      ...(monitoringAccess === "host" ? { allowFrom: "host" as const } : {}),
      ...(dashboardAddresses.length > 0 ? { allow: dashboardAddresses } : {}),
      basicAuth: { realm: "Traefik", users },
    },
    login,
  };
}

function traefik(parts: BalancerParts): StackBalancer {
  const { environment, routes, pages, discovered } = parts;
  const { traefik: image = "", discovery = "" } = environment.images;
  const dashboard = dashboardAccess(environment);
  const balancer = new TraefikLoadBalancer(NAME, {
    ...shared(parts),
    images: { traefik: image, discovery },
    engineSocket: environment.engine.socket,
    engineGroup: environment.engine.group,
    routes: [...routes.first, ...pages, ...routes.last],
    ...(discovered ? { discovered } : {}),
    ...(dashboard ? { dashboard: { access: dashboard.access } } : {}),
  });
  return {
    ref: balancer.ref,
    targets: balancer.targets,
    urls: dashboard ? { dashboard: `${originOf(environment, `traefik.${environment.domain}`)}/dashboard/` } : {},
    ...(dashboard ? { dashboardLogin: dashboard.login } : {}),
  };
}

/**
 * Labels the app, before it runs, so that a Traefik finds its replicas. On a Swarm always: labels that come or go with the balancer would be a
 * change of the app's services, and the Docker provider writes their environment in no fixed order, so that any change replaces replicas.
 */
export function discoverApp(environment: Environment, platform: Platform, app: AppRefs): Discovered | undefined {
  if (environment.platform !== "swarm") return undefined;
  const { first, last } = appRoutes("traefik", app);
  return TraefikLoadBalancer.discover(platform, [...first, ...last]);
}

/** The balancer that the configuration names. */
export function balancerOf(parts: BalancerParts): StackBalancer {
  return parts.environment.loadBalancer === "traefik" ? traefik(parts) : nginx(parts);
}
