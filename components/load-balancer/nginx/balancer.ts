import { X509Certificate } from "node:crypto";
import { isIP } from "node:net";
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
import type { BalancerTls, NginxLoadBalancerOptions } from "./options";
import { checkNginx, renderNginxWithOrigins, renderProber, type NginxOptions, type TlsOptions } from "./render";
import { offerBundle } from "./bundle";
import { FETCHED, hashKey, MOUNTED, portNameOf, refOf, resolveRoutes, resolveTarget, routeTargets, type FileLayout } from "./routes";
import { balancerWorkload, CONTAINER_PORTS, type BalancerParts } from "./workload";

/** A certificate as it reaches the balancer. */
interface Certificate {
  certificate: pulumi.Output<string>;
  key: pulumi.Output<string>;
  hosts?: string[];
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
  /** What a scraper reads. */
  readonly targets: MetricsTarget[];

  /** Names the balancer without creating anything. Ports: `http`, `https`, `status`. */
  static declare(platform: Platform, name = "nginx"): Ref {
    return platform.declare(name, { ports: CONTAINER_PORTS, segment: SEGMENTS.edge });
  }

  /** @throws pulumi.ResourceError with every problem of the options at once, before anything is created */
  constructor(name: string, options: NginxLoadBalancerOptions, opts?: pulumi.ComponentResourceOptions) {
    super("testbro:load-balancer:Nginx", name, exemptionInputs(options.policyExemptions), opts);
    const { platform } = options;
    this.ref = options.ref ?? NginxLoadBalancer.declare(platform);
    const problems: Problem[] = [];
    const early = nginxOptions(name, options, { stapling: false, hashes: new Map() }, problems);
    problems.push(...checkTlsSource(name, options.tls), ...checkUsers(name, options), ...checkNginx(name, early));
    if (problems.length > 0) throw new pulumi.ResourceError(describeProblems(problems), this);

    this.certificate = this.issue(name, options);
    const certificates = certificatesOf(options.tls, this.certificate);
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
      ...Object.fromEntries(certificates.map(({ certificate }, index) => [layout.certificate(index), certificate])),
    };
    const secrets = this.secrets(name, options, certificates);
    const connects = connectionsOf(options);
    const parts: BalancerParts & { dependsOn?: pulumi.Resource[] } =
      layout === FETCHED ? offerBundle(name, this.ref, options, { files, secrets, connects }, this) : { files, secrets, connects };
    this.bundle = parts.dependsOn?.[0];
    const workload = balancerWorkload(options, parts);
    this.running = platform.run(this.ref, workload, { parent: this, ...(parts.dependsOn ? { dependsOn: parts.dependsOn } : {}) });
    const target = metricsTarget("load-balancer", this.ref, workload);
    const upstreams = target && prober !== undefined ? [{ ...target, path: "/metrics/upstreams", part: "upstreams", minimum: 0 }] : [];
    this.targets = target ? [target, ...upstreams] : [];
    this.registerOutputs({ name: this.ref.fullName });
  }

  private issue(name: string, { tls, hosts, routes }: NginxLoadBalancerOptions): IssuedCertificate | undefined {
    if (tls === false || !tls.authority) return undefined;
    const all = [...new Set([...(hosts ?? []), ...routes.flatMap((route) => route.hosts ?? [])])];
    const also = tls.alsoFor ?? (hosts && hosts.length > 0 ? {} : { dnsNames: ["localhost"], ipAddresses: ["127.0.0.1", "::1"] });
    return tls.authority.issue(
      `${name}-tls`,
      {
        dnsNames: [...new Set([...all.filter((host) => isIP(host) === 0), ...(also.dnsNames ?? [])])],
        ipAddresses: [...new Set([...all.filter((host) => isIP(host) !== 0), ...(also.ipAddresses ?? [])])],
      },
      { parent: this },
    );
  }

  private secrets(name: string, options: NginxLoadBalancerOptions, certificates: Certificate[]): Record<string, Secret> {
    const secret = (suffix: string, data: pulumi.Input<string>) =>
      options.platform.secret(`${name}-${suffix}`, pulumi.secret(data), { parent: this });
    const layout = layoutOf(options);
    const keys = certificates.map(({ key }, index): [string, Secret] => [layout.key(index), secret(`tls-${index}-key`, key)]);
    const users = options.routes.flatMap((route): [string, Secret][] => {
      const auth = route.access?.basicAuth;
      if (!auth) return [];
      const lines = pulumi.all(Object.entries(auth.users).map(([user, hash]) => pulumi.interpolate`${user}:${hash}\n`));
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

function certificatesOf(tls: BalancerTls | false, issued: IssuedCertificate | undefined): Certificate[] {
  if (tls === false) return [];
  const given = (tls.certificates ?? []).map((each) => ({
    certificate: pulumi.output(each.certificate),
    key: pulumi.secret(each.key),
    ...(each.hosts ? { hosts: each.hosts } : {}),
  }));
  // The general one last: certificates for certain hosts are looked at first anyway, and order then tells nothing.
  return issued ? [...given, { certificate: issued.certificatePem, key: issued.privateKeyPem }] : given;
}

/** Whether every certificate names an OCSP responder: stapling for one without would only log errors. */
function staplingOf(tls: BalancerTls | false, certificates: Certificate[]): pulumi.Output<boolean> {
  if (tls === false || tls.stapling === false) return pulumi.output(false);
  return pulumi.all(certificates.map(({ certificate }) => certificate)).apply((all) => all.length > 0 && all.every(namesResponder));
}

function namesResponder(pem: string): boolean {
  try {
    return /^OCSP - URI:/m.test(new X509Certificate(pem).infoAccess ?? "");
  } catch {
    // What is no certificate at all is nginx's to explain when it tests the configuration.
    return false;
  }
}

function hashesOf(options: NginxLoadBalancerOptions): pulumi.Output<Record<string, string>> {
  const entries = options.routes.flatMap((route) =>
    (route.access?.apiKeys ?? []).map(({ id, hash }): [string, pulumi.Input<string>] => [hashKey(route.name, id), hash]),
  );
  return pulumi.all(Object.fromEntries(entries));
}

function layoutOf(options: NginxLoadBalancerOptions): FileLayout {
  return options.onChange === "reload" ? FETCHED : MOUNTED;
}

function tlsOptions(tls: BalancerTls | false, stapling: boolean, layout: FileLayout): TlsOptions | false {
  if (tls === false) return false;
  const { certificates = [], authority, profile, hsts, http2, http3, sessionCache, sessionTimeout } = tls;
  const hosts = [...certificates.map((each) => each.hosts), ...(authority ? [undefined] : [])];
  return {
    ...{ profile, hsts, http2, http3, sessionCache, sessionTimeout },
    stapling,
    certificates: hosts.map((names, index) => ({
      certificateFile: layout.certificate(index),
      keyFile: layout.key(index),
      ...(names ? { hosts: names } : {}),
    })),
  };
}

/** The renderer's options; `problems` gets what is wrong with the references. */
function nginxOptions(name: string, options: NginxLoadBalancerOptions, late: Late, problems: Problem[] = []): NginxOptions {
  const { hosts, resolver, limits, headers, compression, cacheZone, imageZone, accessLog, metrics, timeouts, trustedProxies } = options;
  const { processes, redirectStatus } = options;
  const shared = {
    hosts,
    resolver: { addresses: [...options.platform.resolvers], ...resolver },
    limits,
    headers,
    compression,
    cacheZone,
    imageZone,
    accessLog,
    metrics,
    timeouts,
    trustedProxies,
    processes,
    redirectStatus,
  };
  return {
    ...(Object.fromEntries(Object.entries(shared).filter(([, value]) => value !== undefined)) as typeof shared),
    routes: resolveRoutes(name, options.routes, layoutOf(options), late.hashes, problems),
    tls: tlsOptions(options.tls, late.stapling, layoutOf(options)),
    ports: {
      ...CONTAINER_PORTS,
      publicHttp: options.ports?.http || 80,
      publicHttps: options.ports?.https ?? 443,
    },
    ...(options.acme ? { acme: { to: resolveTarget(`${name}.acme.to`, options.acme.to, problems) } } : {}),
  };
}

function checkTlsSource(name: string, tls: BalancerTls | false): Problem[] {
  if (tls === false || tls.authority || (tls.certificates?.length ?? 0) > 0) return [];
  return [
    {
      path: `${name}.tls`,
      message: "has neither certificates nor an authority",
      fix: "give tls.authority (new OwnCertificateAuthority(…)), tls.certificates, or tls: false",
    },
  ];
}

function checkUsers(name: string, options: NginxLoadBalancerOptions): Problem[] {
  return options.routes.flatMap((route, index) => {
    const users = route.access?.basicAuth?.users;
    if (!users) return [];
    const path = `${name}.routes[${index}].access.basicAuth.users`;
    if (Object.keys(users).length === 0) {
      return [{ path, message: "is empty, so nobody could come in", fix: "give a user with a password hash" }];
    }
    return Object.keys(users)
      .filter((user) => !/^[^:\s\p{C}]+$/u.test(user))
      .map((user) => ({ path, message: `${JSON.stringify(user)} is not a user name`, fix: "leave out colons and white space" }));
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
