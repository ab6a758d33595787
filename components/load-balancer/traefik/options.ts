import type * as pulumi from "@pulumi/pulumi";
import type { Platform } from "../../platform";
import type { DeepPartial, Placement, Ref, Resources, WorkloadOverrides } from "../../workload";
import type { BalancerAccess, BalancerTls, PublishedPorts, WorkloadTarget } from "../nginx";
import type { Target } from "../nginx";
import type { Discovered } from "./discovered";
import type { BuiltInAcme, Mirror, TraefikAccess, TraefikOptions, TraefikProxyRoute, TraefikRoute } from "./render";

/** Where a route leads: a workload (its port "http"), a workload with more said, or an address outside the platform. */
export type TraefikRouteTarget = Ref | WorkloadTarget | Target;

/** Who may use a route; hashes and passwords may be Outputs. */
export interface TraefikBalancerAccess extends BalancerAccess, Pick<TraefikAccess, "forwardAuth"> {}

type WithTargets<T> = T extends TraefikProxyRoute
  ? Omit<T, "to" | "access" | "mirror"> & {
      to: TraefikRouteTarget | TraefikRouteTarget[];
      mirror?: Omit<Mirror, "to"> & { to: TraefikRouteTarget };
      access?: TraefikBalancerAccess;
    }
  : Omit<T, "access"> & { access?: TraefikBalancerAccess };

export type TraefikBalancerRoute = WithTargets<TraefikRoute>;

/** TLS of the balancer: certificates that exist, an authority that issues one for all hosts, or ACME. */
export interface TraefikBalancerTls extends BalancerTls {
  /**
   * Traefik's own ACME client, for one balancer: for TLS-ALPN-01, or where no further service shall run. `acme` works with any number of
   * balancers, proves names by DNS too, and tries again when the authority was away.
   */
  builtInAcme?: BuiltInAcme;
}

/** The dashboard at a host of its own. */
export interface TraefikDashboard {
  /** @default "traefik." and the first of `hosts` */
  host?: string;
  /** Who may see it: a password, and a list of addresses or `allowFrom: "host"`. */
  access: TraefikBalancerAccess;
}

/** Settings of the renderer that the component makes itself. */
type Made = "routes" | "tls" | "acme" | "ports" | "discovery" | "source" | "client" | "dashboard" | "keyService";

/** Everything a {@link TraefikLoadBalancer} is told; what is not listed here is as in {@link TraefikOptions}. */
export interface TraefikLoadBalancerOptions extends Omit<TraefikOptions, Made> {
  /** Where it runs: a Swarm, or Kubernetes. */
  platform: Platform;
  /** The balancer's image (`images/traefik`), and the one that tells it which replicas there are (`images/discovery`). */
  images: { traefik: pulumi.Input<string>; discovery: pulumi.Input<string> };
  /** Reference made earlier by `TraefikLoadBalancer.declare`. @default declared here */
  ref?: Ref;
  routes: TraefikBalancerRoute[];
  /**
   * On a Swarm, the workloads whose replicas are discovered by label, as `TraefikLoadBalancer.discover` gives them; every other workload is
   * reached by its name, looked up for each new connection, which is enough for one replica. On Kubernetes, every workload's are.
   */
  discovered?: Discovered;
  /** `false`: plain HTTP, for a balancer behind another one. */
  tls: TraefikBalancerTls | false;
  /** Ports on the machine. @default { http: 80, https: 443 } */
  ports?: PublishedPorts;
  dashboard?: TraefikDashboard;
  /** On a Swarm, the engine's socket on the node of a manager; Kubernetes is asked without one. @default "/var/run/docker.sock" */
  engineSocket?: string;
  /** On a Swarm, the numeric group that owns that socket, which is required there: `stat -c %g /var/run/docker.sock`. */
  engineGroup?: number;
  /** Seconds between two looks at the replicas; shorter than the time for which a leaving replica still serves. @default 1 */
  refresh?: number;
  /** Who reads the metrics. @default nobody */
  scraper?: Ref;
  /** Balancers; with host-mode ports one for each node, and with `tls.builtInAcme` one in all. @default 1 */
  replicas?: number;
  /** @default limits 1 CPU and 512Mi, reservations 100m and 256Mi */
  resources?: DeepPartial<Resources>;
  /** @default anywhere @example { labels: { type: "lb" } } */
  placement?: Placement;
  /** Where the discovery runs: on a Swarm, on a manager. @default as the balancer @example { labels: { type: "manager" } } */
  discoveryPlacement?: Placement;
  /** Any field of the balancer's workload, laid over everything above. */
  workload?: WorkloadOverrides;
  /** Policies the balancer, its certificates and configuration knowingly do not keep to: rule to reason. @default {} */
  policyExemptions?: Record<string, string>;
}
