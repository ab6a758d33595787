import type * as pulumi from "@pulumi/pulumi";
import type { OwnCertificateAuthority } from "../../certificates";
import type { Platform } from "../../platform";
import type { DeepPartial, Placement, Ref, Resources, WorkloadOverrides } from "../../workload";
import type { AcmeOptions } from "../acme";
import type {
  AccessOptions,
  FilesOptions,
  FilesRoute,
  FixedRoute,
  NginxOptions,
  ProcessOptions,
  ProxyRoute,
  RedirectRoute,
  RouteBase,
  StatusRoute,
  Target,
  TlsOptions,
} from "./render";

/** A workload as the target of a route. */
export interface WorkloadTarget {
  /** Whose replicas answer. */
  ref: Ref;
  /** Name of its port. @default "http" */
  port?: string;
  /** Share relative to the route's other targets; only with strategy `weighted`. */
  weight?: number;
  /** Used only when no other target answers. @default false */
  backup?: boolean;
}

/** Where a route leads: a workload (its port "http"), a workload with more said, or an address outside the platform. */
export type RouteTarget = Ref | WorkloadTarget | Target;

/** Who may use a route; hashes and passwords may be Outputs. */
export interface BalancerAccess extends Omit<AccessOptions, "apiKeys" | "basicAuth"> {
  apiKeys?: { id: string; hash: pulumi.Input<string> }[];
  /**
   * Users by name with their hash as in an htpasswd file, e.g. a RandomPassword's `bcryptHash`. bcrypt costs a worker its
   * time at every request (cost 10: about 60 ms), so keep a rate limit on such routes.
   */
  basicAuth?: { realm?: string; users: Record<string, pulumi.Input<string>> };
}

type WithAccess<T extends RouteBase> = Omit<T, "access"> & { access?: BalancerAccess };

/** A route to workloads. */
export type BalancerProxyRoute = Omit<WithAccess<ProxyRoute>, "to"> & { to: RouteTarget | RouteTarget[] };

/** Files of the balancer's image or of a volume. */
export type BalancerFiles =
  | FilesOptions
  | (Omit<FilesOptions, "root"> & {
      /**
       * Name of a volume with the files, mounted at `/srv/NAME` and filled from outside. On Docker it is called as the balancer is, with
       * this name at its end: `testbro-nginx-site`. An image of one's own with the files in it needs none, and each replica has them.
       */
      volume: string;
    });

/** A route of files. */
export type BalancerFilesRoute = Omit<WithAccess<FilesRoute>, "files"> & { files: BalancerFiles };

export type BalancerRoute =
  BalancerProxyRoute | BalancerFilesRoute | WithAccess<FixedRoute> | WithAccess<RedirectRoute> | WithAccess<StatusRoute>;

/** A certificate that exists already. */
export interface GivenCertificate {
  /** The certificate and its intermediates, PEM. */
  certificate: pulumi.Input<string>;
  /** The private key, PEM. Kept secret. */
  key: pulumi.Input<string>;
  /** Host names it is for. @default every host */
  hosts?: string[];
}

/** TLS of the balancer: certificates that exist, or an authority that issues one for `hosts`. */
export interface BalancerTls extends Omit<TlsOptions, "certificates"> {
  /** Certificates that exist already. */
  certificates?: GivenCertificate[];
  /** Issues a certificate for every host of the balancer and its routes. */
  authority?: OwnCertificateAuthority;
  /** Names and addresses besides `hosts` that the authority's certificate is for. @default ["localhost"] and ["127.0.0.1", "::1"] when the balancer answers any host */
  alsoFor?: { dnsNames?: string[]; ipAddresses?: string[] };
  /**
   * Gets certificates from an ACME authority (Let's Encrypt) and renews them, while the balancer runs. Needs `onChange: "reload"`, and
   * `authority` for the time until the first one is there. @default none
   */
  acme?: AcmeOptions;
}

/** Ports on the machine. */
export interface PublishedPorts {
  /** `false`: plain HTTP is not published. @default 80 */
  http?: number | false;
  /** @default 443 */
  https?: number;
}

/** nginx's own size, fitted to what the container may use. */
export interface BalancerProcesses extends ProcessOptions {
  /**
   * Worker processes. `auto`: as many as the machine has CPUs, whatever the limit. @default the limit of CPUs, rounded up, and one more where a route
   * resizes images
   */
  workers?: number | "auto";
}

/** Everything an {@link NginxLoadBalancer} is told; what is not listed here is as in {@link NginxOptions}. */
export interface NginxLoadBalancerOptions extends Omit<NginxOptions, "routes" | "tls" | "ports" | "acme" | "processes"> {
  /** Where it runs. */
  platform: Platform;
  /** The balancer's image (`images/nginx`). */
  image: pulumi.Input<string>;
  /** Reference made earlier by `NginxLoadBalancer.declare`. @default declared here */
  ref?: Ref;
  routes: BalancerRoute[];
  /** `false`: plain HTTP, for a balancer behind another one. */
  tls: BalancerTls | false;
  /** Ports on the machine. @default { http: 80, https: 443 } */
  ports?: PublishedPorts;
  /** Who answers ACME's HTTP-01 challenges, where `tls.acme` does not. */
  acme?: { to: RouteTarget };
  /**
   * How a changed configuration or certificate reaches the balancer. `roll`: the balancer is replaced, which with a port of the
   * machine refuses connections for about half a second. `reload`: a small service beside it, which is replaced instead, offers
   * the new version over mutual TLS; the running balancer takes it within seconds and reloads. @default "roll"
   */
  onChange?: "roll" | "reload";
  processes?: BalancerProcesses;
  /** Who reads the metrics. @default nobody */
  scraper?: Ref;
  /** Balancers; with host-mode ports one for each node. @default 1 */
  replicas?: number;
  /** @default limits 1 CPU and 256Mi, reservations 100m and 128Mi */
  resources?: DeepPartial<Resources>;
  /** @default anywhere @example { labels: { type: "lb" } } */
  placement?: Placement;
  /** Any field of the workload, laid over everything above. */
  workload?: WorkloadOverrides;
  /** Policies the balancer, its certificates and configuration knowingly do not keep to: rule to reason. @default {} */
  policyExemptions?: Record<string, string>;
}
