import * as pulumi from "@pulumi/pulumi";
import type { IssuedCertificate } from "../../certificates";
import type { Platform, Running } from "../../platform";
import {
  describeProblems,
  exemptionInputs,
  metricsTarget,
  onlyPorts,
  SEGMENTS,
  type MetricsTarget,
  type Problem,
  type Ref,
  type Secret,
} from "../../workload";
import { certificateNames } from "../certificate-names";
import { MutualTls } from "../mutual-tls";
import { takingOver, workloadOf } from "../takeover";
import { discover, Discovered } from "./discovered";
import { checkDiscoveryOptions, DISCOVERY_PORTS, discoveryWorkload, SERVER } from "./discovery-workload";
import { connectionsOf, dashboardOf, hashesOf, traefikOptions, type Late } from "./late";
import type { TraefikBalancerRoute, TraefikLoadBalancerOptions } from "./options";
import { checkTraefik, renderTraefik, type TraefikCertificate } from "./render";
import { CLIENT, STATIC_FILE, TRAEFIK_PORTS, traefikWorkload } from "./workload";

/** Why the certificates of the two for each other live long. */
const SHOWN_TO_EACH_OTHER = "renewing it replaces the balancer; balancer and discovery show it to each other alone";

/**
 * The balancer: Traefik in front of workloads, on a Swarm or on Kubernetes, which finds their replicas by itself, and takes changed routes
 * and certificates without a restart. Beside it runs a small service that tells it both over mutual TLS; of the two only that one asks the
 * platform: the engine's socket on a Swarm, the API server for addresses on Kubernetes.
 * @example
 * const routes = [{ name: "api", path: "/api/", to: refs.backend }, { name: "frontend", path: "/", to: refs.frontend }];
 * const discovered = TraefikLoadBalancer.discover(platform, routes); // before the workloads run: it labels them
 * const app = new AppTier("app", { platform, refs, … });
 * const lb = new TraefikLoadBalancer("lb", { platform, images, engineGroup: 998, hosts: ["localhost"], tls: { authority: ca }, discovered, routes });
 */
export class TraefikLoadBalancer extends pulumi.ComponentResource {
  readonly ref: Ref;
  /** The balancer that runs. */
  readonly running: Running;
  /** What tells it about replicas and routes. */
  readonly discovery: Running;
  /** The dynamic configuration. Secret. */
  readonly configuration: pulumi.Output<string>;
  /** The certificate an authority issued, if one did. */
  readonly certificate: IssuedCertificate | undefined;
  /** What a scraper reads. */
  readonly targets: MetricsTarget[];

  /** Names the balancer without creating anything. Ports: `http`, `https`, `status`. */
  static declare(platform: Platform, name = "traefik"): Ref {
    return platform.declare(name, { ports: TRAEFIK_PORTS, segment: SEGMENTS.edge });
  }

  /**
   * Labels the workloads that routes lead to, so that their replicas are found. To be called before they run. On Kubernetes, where a
   * Service's pods are known anyway, it changes nothing.
   * @param options `tls: false` for a balancer without TLS
   */
  static discover(platform: Platform, routes: readonly TraefikBalancerRoute[], options: { tls?: false } = {}): Discovered {
    return discover(platform, routes, options.tls !== false);
  }

  /** @throws pulumi.ResourceError with every problem of the options at once, before anything is created */
  constructor(name: string, options: TraefikLoadBalancerOptions, opts?: pulumi.ComponentResourceOptions) {
    super("testbro:load-balancer:Traefik", name, exemptionInputs(options.policyExemptions), takingOver("nginx", opts));
    const { platform } = options;
    this.ref = options.ref ?? TraefikLoadBalancer.declare(platform);
    const discovery = platform.declare(`${this.ref.name}-discovery`, { ports: DISCOVERY_PORTS, segment: SEGMENTS.edge });
    const early: Late = { certificates: earlyCertificates(options), hashes: new Map(), problems: [] };
    const sound = traefikOptions(name, options, discovery, early);
    const problems = [
      ...early.problems,
      ...checkTlsSource(name, options),
      ...checkDiscoveryOptions(name, options),
      ...checkTraefik(name, sound),
    ];
    if (problems.length > 0) throw new pulumi.ResourceError(describeProblems(problems), this);

    this.certificate = this.issue(name, options);
    const rendered = pulumi.all([certificatesOf(options, this.certificate), hashesOf(options)]).apply(([certificates, hashes]) => {
      const late = { certificates, hashes: new Map(Object.entries(hashes)), problems: [] };
      return renderTraefik(traefikOptions(name, options, discovery, late), name);
    });
    this.configuration = pulumi.secret(rendered.dynamicText);
    const { staticText, hostLists, filled } = renderTraefik(sound, name);

    const between = this.certificatesBetween(name, discovery);
    const secret = (suffix: string, data: pulumi.Input<string>): Secret =>
      platform.secret(`${name}-${suffix}`, pulumi.secret(data), { parent: this });
    const keys = keysOf(options);
    const offered = {
      files: { [SERVER.caFile]: between.authority, [SERVER.certificateFile]: between.server.certificatePem },
      secrets: {
        [SERVER.keyFile]: secret("discovery-server-key", between.server.privateKeyPem),
        [SERVER.configurationFile]: secret("configuration", this.configuration),
        ...(keys ? { [SERVER.keysFile]: secret("keys", keys) } : {}),
      },
    };
    const told = discoveryWorkload(platform, options, offered, filled);
    const parts = {
      files: { [STATIC_FILE]: staticText, [CLIENT.caFile]: between.authority, [CLIENT.certificateFile]: between.client.certificatePem },
      secrets: { [CLIENT.keyFile]: secret("discovery-client-key", between.client.privateKeyPem) },
    };
    const connects = [...connectionsOf(options), onlyPorts(discovery, Object.keys(DISCOVERY_PORTS))];
    const workload = traefikWorkload(options, parts, connects, hostLists);
    const unfit = [...platform.problems(discovery, told), ...platform.problems(this.ref, workload)];
    if (unfit.length > 0) throw new pulumi.ResourceError(describeProblems(unfit), this);

    this.discovery = platform.run(discovery, told, { parent: this });
    const aliases = workloadOf("nginx", platform);
    this.running = platform.run(this.ref, workload, { parent: this, aliases, dependsOn: [this.discovery.resource] });
    const target = metricsTarget("load-balancer", this.ref, workload);
    this.targets = target ? [target] : [];
    this.registerOutputs({ name: this.ref.fullName });
  }

  private issue(name: string, options: TraefikLoadBalancerOptions): IssuedCertificate | undefined {
    const { tls, hosts = [], routes } = options;
    if (tls === false || !tls.authority) return undefined;
    const dashboard = dashboardOf(options);
    // The dashboard is a site like a route's.
    const named = { hosts, routes: [...routes, ...(dashboard ? [{ hosts: [dashboard.host] }] : [])] };
    return tls.authority.issue(`${name}-tls`, certificateNames(named, tls.alsoFor), { parent: this });
  }

  /** By which balancer and discovery know each other. */
  private certificatesBetween(name: string, discovery: Ref) {
    const tls = new MutualTls(`${name}-discovery`, `${name}-discovery-ca`, SHOWN_TO_EACH_OTHER, this);
    return {
      authority: tls.authorityPem,
      server: tls.server("server", discovery.host),
      client: tls.client("client", this.ref.fullName),
    };
  }
}

/** Certificates before they are known: how many, and for which hosts. */
function earlyCertificates({ tls }: TraefikLoadBalancerOptions): TraefikCertificate[] {
  if (tls === false) return [];
  const given = (tls.certificates ?? []).map(({ hosts }) => ({ certificate: "", key: "", ...(hosts ? { hosts } : {}) }));
  return tls.authority ? [...given, { certificate: "", key: "" }] : given;
}

function certificatesOf({ tls }: TraefikLoadBalancerOptions, issued: IssuedCertificate | undefined): pulumi.Output<TraefikCertificate[]> {
  if (tls === false) return pulumi.output([]);
  const given = (tls.certificates ?? []).map((each) => ({
    certificate: each.certificate,
    key: pulumi.secret(each.key),
    ...(each.hosts ? { hosts: each.hosts } : {}),
  }));
  const own = issued ? [{ certificate: issued.certificatePem, key: issued.privateKeyPem }] : [];
  return pulumi.output([...given, ...own]) as pulumi.Output<TraefikCertificate[]>;
}

/** Hashes of API keys by route, as the discovery reads them; undefined where there are none. */
function keysOf({ routes }: TraefikLoadBalancerOptions): pulumi.Output<string> | undefined {
  const entries = routes.flatMap((route) => (route.access?.apiKeys ? [[route.name, route.access.apiKeys] as const] : []));
  return entries.length === 0 ? undefined : pulumi.jsonStringify(Object.fromEntries(entries));
}

function checkTlsSource(name: string, { tls }: TraefikLoadBalancerOptions): Problem[] {
  if (tls === false || tls.authority || tls.acme || (tls.certificates?.length ?? 0) > 0) return [];
  return [
    {
      path: `${name}.tls`,
      message: "has neither certificates nor an authority",
      fix: "give tls.authority (new OwnCertificateAuthority(…)), tls.certificates, tls.acme, or tls: false",
    },
  ];
}
