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
  type Ref,
  type Secret,
} from "../../workload";
import { challengePorts } from "../acme";
import { MutualTls } from "../mutual-tls";
import { takingOver, workloadOf } from "../takeover";
import { certificatesOf, checkCertificates, earlyCertificates, issueOwn } from "./certificates";
import { discover, Discovered } from "./discovered";
import { checkDiscoveryOptions, DISCOVERY_PORTS, discoveryWorkload, SERVER } from "./discovery-workload";
import { connectionsOf, hashesOf, traefikOptions, type Late } from "./late";
import { acmeService, offersClient, offerToDiscovery } from "./offers";
import type { TraefikBalancerRoute, TraefikLoadBalancerOptions } from "./options";
import { checkTraefik, renderTraefik } from "./render";
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
  /** What gets certificates from an ACME authority, with `tls.acme`. */
  readonly acme: Running | undefined;
  /** The certificate the own authority issued, if it did; with `tls.acme` the one for what no ACME authority issues for, or the first. */
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
    const acme = acmeService(this.ref, options);
    const services = { discovery, acme };
    const sound = traefikOptions(name, options, services, early);
    const problems = [
      ...early.problems,
      ...checkCertificates(name, options),
      ...checkDiscoveryOptions(name, options),
      ...checkTraefik(name, sound),
    ];
    if (problems.length > 0) throw new pulumi.ResourceError(describeProblems(problems), this);

    const issued = issueOwn(name, options, this);
    this.certificate = issued[0]?.certificate;
    const rendered = pulumi.all([certificatesOf(options, issued), hashesOf(options)]).apply(([certificates, hashes]) => {
      const late = { certificates, hashes: new Map(Object.entries(hashes)), problems: [] };
      return renderTraefik(traefikOptions(name, options, services, late), name);
    });
    this.configuration = pulumi.secret(rendered.dynamicText);
    const { staticText, hostLists, filled } = renderTraefik(sound, name);

    const secret = (suffix: string, data: pulumi.Input<string>): Secret =>
      platform.secret(`${name}-${suffix}`, pulumi.secret(data), { parent: this });
    const tls = new MutualTls(`${name}-discovery`, `${name}-discovery-ca`, SHOWN_TO_EACH_OTHER, this);
    const server = tls.server("server", discovery.host);
    const client = tls.client("client", this.ref.fullName);
    const fetching = acme ? offersClient({ tls, secret }, discovery) : { files: {}, secrets: {} };
    const keys = keysOf(options);
    const offered = {
      files: { [SERVER.caFile]: tls.authorityPem, [SERVER.certificateFile]: server.certificatePem, ...fetching.files },
      secrets: {
        [SERVER.keyFile]: secret("discovery-server-key", server.privateKeyPem),
        [SERVER.configurationFile]: secret("configuration", this.configuration),
        ...(keys ? { [SERVER.keysFile]: secret("keys", keys) } : {}),
        ...fetching.secrets,
      },
    };
    const told = discoveryWorkload(platform, options, offered, filled, acme?.ref);
    const parts = {
      files: { [STATIC_FILE]: staticText, [CLIENT.caFile]: tls.authorityPem, [CLIENT.certificateFile]: client.certificatePem },
      secrets: { [CLIENT.keyFile]: secret("discovery-client-key", client.privateKeyPem) },
    };
    const connects = [
      ...connectionsOf(options),
      onlyPorts(discovery, ["discovery"]),
      ...(acme ? challengePorts(acme.options).map((port) => onlyPorts(acme.ref, [port])) : []),
    ];
    const workload = traefikWorkload(options, parts, connects, hostLists);
    const unfit = [...platform.problems(discovery, told), ...platform.problems(this.ref, workload)];
    if (unfit.length > 0) throw new pulumi.ResourceError(describeProblems(unfit), this);

    const offers = acme && offerToDiscovery(name, acme, { tls, secret }, this.ref, options, this);
    this.acme = offers?.running;
    this.discovery = platform.run(discovery, told, { parent: this });
    const aliases = workloadOf("nginx", platform);
    this.running = platform.run(this.ref, workload, { parent: this, aliases, dependsOn: [this.discovery.resource] });
    const targets = [metricsTarget("load-balancer", this.ref, workload), metricsTarget("load-balancer", discovery, told)];
    this.targets = [...targets.filter((target) => target !== undefined), ...(offers?.targets ?? [])];
    this.registerOutputs({ name: this.ref.fullName });
  }
}

/** Hashes of API keys by route, as the discovery reads them; undefined where there are none. */
function keysOf({ routes }: TraefikLoadBalancerOptions): pulumi.Output<string> | undefined {
  const entries = routes.flatMap((route) => (route.access?.apiKeys ? [[route.name, route.access.apiKeys] as const] : []));
  return entries.length === 0 ? undefined : pulumi.jsonStringify(Object.fromEntries(entries));
}
