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
import { HASH_FIX, isPasswordHash, passwordHash } from "../password-hash";
import { takingOver, workloadOf } from "../takeover";
import { acmeTarget, offerToBalancer } from "./acme";
import { offerBundle } from "./bundle";
import { checkMemory, workersOf } from "./capacity";
import { certificatesOf, checkCertificates, layoutOf, staplingOf, tlsOptions, type Certificate } from "./certificates";
import { Channel } from "../channel";
import type { NginxLoadBalancerOptions } from "./options";
import { checkNginx, renderNginxWithOrigins, renderProber, type NginxOptions } from "./render";
import { FETCHED, hashKey, portNameOf, refOf, resolveRoutes, resolveTarget, routeTargets } from "./routes";
import { balancerWorkload, CONTAINER_PORTS, type BalancerParts } from "./workload";

/** The services beside the balancer that it fetches its files from, and what it needs for it. */
interface Offered {
  parts: BalancerParts;
  dependsOn: pulumi.Resource[];
  targets: MetricsTarget[];
  bundle: pulumi.Resource | undefined;
  acme: Running | undefined;
}

/** What of the options changes only during a deployment. */
interface Late {
  stapling: boolean;
  hashes: ReadonlyMap<string, string>;
}

/**
 * The balancer: nginx in front of workloads, with TLS, discovery of every replica, retries, limits and security headers.
 * @example
 * const lb = new NginxLoadBalancer("nginx", {
 *   platform, image: images.nginx, hosts: ["localhost"], tls: { authority: ca, hsts: false },
 *   routes: [
 *     { name: "backend", path: "/api/", to: refs.backend, strategy: "least-connections" },
 *     { name: "websocket", path: "/ws", to: refs.backend, strategy: "ip-hash", websocket: true },
 *     { name: "frontend", path: "/", to: refs.frontend },
 *   ],
 * });
 */
export class NginxLoadBalancer extends pulumi.ComponentResource {
  readonly ref: Ref;
  /** The balancer that runs. */
  readonly running: Running;
  /** Text of nginx.conf. */
  readonly configuration: pulumi.Output<string>;
  /** The certificate an authority issued, if one did. */
  readonly certificate: IssuedCertificate | undefined;
  /** With `onChange: "reload"`, the service that offers the configuration. */
  readonly bundle: pulumi.Resource | undefined;
  /** With `tls.acme`, the service that gets certificates. */
  readonly acme: Running | undefined;
  /** What a scraper reads. */
  readonly targets: MetricsTarget[];

  /** Names the balancer without creating anything. Ports: `http`, `https`, `status`. */
  static declare(platform: Platform, name = "nginx"): Ref {
    return platform.declare(name, { ports: CONTAINER_PORTS, segment: SEGMENTS.edge });
  }

  /** @throws pulumi.ResourceError with every problem of the options at once, before anything is created */
  constructor(name: string, options: NginxLoadBalancerOptions, opts?: pulumi.ComponentResourceOptions) {
    super("testbro:load-balancer:Nginx", name, exemptionInputs(options.policyExemptions), takingOver("traefik", opts));
    const { platform } = options;
    this.ref = options.ref ?? NginxLoadBalancer.declare(platform);
    const problems: Problem[] = [];
    const early = nginxOptions(name, options, { stapling: false, hashes: new Map() }, problems);
    problems.push(
      ...checkCertificates(name, options),
      ...checkUsers(name, options),
      ...checkMemory(name, options),
      ...checkNginx(name, early),
    );
    if (problems.length > 0) throw new pulumi.ResourceError(describeProblems(problems), this);

    this.certificate = this.issue(name, options);
    const certificates = certificatesOf(options, this.certificate);
    this.configuration = pulumi
      .all([staplingOf(options.tls, certificates), hashesOf(options)])
      .apply(([stapling, hashes]) =>
        renderNginxWithOrigins(nginxOptions(name, options, { stapling, hashes: new Map(Object.entries(hashes)) }), name),
      );

    const layout = layoutOf(options);
    const prober = renderProber(early);
    const files = {
      [layout.configuration]: this.configuration,
      ...(prober === undefined ? {} : { [layout.prober]: prober }),
      ...Object.fromEntries(certificates.map(({ certificateFile, certificate }) => [certificateFile, certificate])),
    };
    const parts = { files, secrets: this.secrets(name, options, certificates), connects: connectionsOf(options) };
    const offered = layout === FETCHED ? this.offer(name, options, parts) : undefined;
    this.bundle = offered?.bundle;
    this.acme = offered?.acme;
    const workload = balancerWorkload(options, offered?.parts ?? parts);
    const aliases = workloadOf("traefik", platform);
    this.running = platform.run(this.ref, workload, { parent: this, aliases, ...(offered ? { dependsOn: offered.dependsOn } : {}) });
    const target = metricsTarget("load-balancer", this.ref, workload);
    const upstreams = target && prober !== undefined ? [{ ...target, path: "/metrics/upstreams", part: "upstreams", minimum: 0 }] : [];
    this.targets = [...(target ? [target, ...upstreams] : []), ...(offered?.targets ?? [])];
    this.registerOutputs({ name: this.ref.fullName });
  }

  private issue(name: string, options: NginxLoadBalancerOptions): IssuedCertificate | undefined {
    const { tls } = options;
    return tls === false ? undefined : tls.authority?.issue(`${name}-tls`, certificateNames(options, tls.alsoFor), { parent: this });
  }

  /** Creates the services beside the balancer that it fetches its files from. */
  private offer(name: string, options: NginxLoadBalancerOptions, given: BalancerParts): Offered {
    const channel = new Channel(name, options.platform, this);
    const { dependsOn, ...parts } = offerBundle(channel, this.ref, options, given, this);
    const acme = offerToBalancer(name, channel, this.ref, options, this);
    if (!acme) return { parts, dependsOn, targets: [], bundle: dependsOn[0], acme: undefined };
    const { connects, env, patience, targets, running } = acme;
    return {
      parts: { ...parts, connects: [...parts.connects, ...connects], env: { ...parts.env, ...env }, patience },
      dependsOn: [...dependsOn, running.resource],
      targets,
      bundle: dependsOn[0],
      acme: running,
    };
  }

  private secrets(name: string, options: NginxLoadBalancerOptions, certificates: Certificate[]): Record<string, Secret> {
    const secret = (suffix: string, data: pulumi.Input<string>) =>
      options.platform.secret(`${name}-${suffix}`, pulumi.secret(data), { parent: this });
    const layout = layoutOf(options);
    const keys = certificates.map(({ key, keyFile, name: own }): [string, Secret] => [keyFile, secret(`${own}-key`, key)]);
    const users = options.routes.flatMap((route): [string, Secret][] => {
      const auth = route.access?.basicAuth;
      if (!auth) return [];
      const lines = pulumi.all(
        Object.entries(auth.users).map(([user, hash]) => pulumi.output(hash).apply((text) => `${user}:${passwordHash(user, text)}\n`)),
      );
      return [
        [
          layout.users(route.name),
          secret(
            `users-${route.name}`,
            lines.apply((all) => all.join("")),
          ),
        ],
      ];
    });
    return Object.fromEntries([...keys, ...users]);
  }
}

function hashesOf(options: NginxLoadBalancerOptions): pulumi.Output<Record<string, string>> {
  const entries = options.routes.flatMap((route) =>
    (route.access?.apiKeys ?? []).map(({ id, hash }): [string, pulumi.Input<string>] => [hashKey(route.name, id), hash]),
  );
  return pulumi.all(Object.fromEntries(entries));
}

/** The renderer's options; `problems` gets what is wrong with the references. */
function nginxOptions(name: string, options: NginxLoadBalancerOptions, late: Late, problems: Problem[] = []): NginxOptions {
  const { hosts, resolver, limits, headers, compression, cacheZone, imageZone, accessLog, metrics, timeouts, trustedProxies } = options;
  const { bodySpace, processes, redirectStatus } = options;
  const challenges = options.acme
    ? resolveTarget(`${name}.acme.to`, options.acme.to, problems)
    : acmeTarget(options.ref ?? NginxLoadBalancer.declare(options.platform), options);
  const shared = {
    hosts,
    resolver: { addresses: [...options.platform.resolvers], ...resolver },
    limits,
    headers,
    compression,
    cacheZone,
    imageZone,
    bodySpace,
    accessLog,
    metrics,
    timeouts,
    trustedProxies,
    processes: { ...processes, workers: workersOf(options) },
    redirectStatus,
  };
  return {
    ...(Object.fromEntries(Object.entries(shared).filter(([, value]) => value !== undefined)) as typeof shared),
    routes: resolveRoutes(name, options.routes, layoutOf(options), late.hashes, problems),
    tls: tlsOptions(options, late.stapling),
    ports: {
      ...CONTAINER_PORTS,
      publicHttp: options.ports?.http || 80,
      publicHttps: options.ports?.https ?? 443,
    },
    ...(challenges ? { acme: { to: challenges } } : {}),
  };
}

function checkUsers(name: string, options: NginxLoadBalancerOptions): Problem[] {
  return options.routes.flatMap((route, index) => {
    const users = route.access?.basicAuth?.users;
    if (!users) return [];
    const path = `${name}.routes[${index}].access.basicAuth.users`;
    if (Object.keys(users).length === 0) {
      return [{ path, message: "is empty, so nobody could come in", fix: "give a user with a password hash" }];
    }
    const open = Object.entries(users).filter(([, hash]) => typeof hash === "string" && !isPasswordHash(hash));
    return [
      ...Object.keys(users)
        .filter((user) => !/^[^:\s\p{C}]+$/u.test(user))
        .map((user) => ({ path, message: `${JSON.stringify(user)} is not a user name`, fix: "leave out colons and white space" })),
      ...open.map(([user]) => ({ path, message: `the value of ${JSON.stringify(user)} is not a password's hash`, fix: HASH_FIX })),
    ];
  });
}

/** Whom the balancer talks to, on the ports that routes lead to. */
function connectionsOf(options: NginxLoadBalancerOptions): Ref[] {
  const targets = [...options.routes.flatMap(routeTargets), ...(options.acme ? [options.acme.to] : [])];
  const ports = new Map<Ref, string[]>();
  for (const target of targets) {
    const ref = refOf(target);
    if (ref) ports.set(ref, [...(ports.get(ref) ?? []), portNameOf(target)]);
  }
  return [...ports].map(([ref, names]) => onlyPorts(ref, names));
}
