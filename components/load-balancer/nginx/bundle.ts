import { basename } from "node:path";
import type * as pulumi from "@pulumi/pulumi";
import { OwnCertificateAuthority } from "../../certificates";
import { SEGMENTS, type Ref, type Secret, type Workload } from "../../workload";
import type { NginxLoadBalancerOptions } from "./options";
import { CACHE_DIRECTORY, RUNTIME_DIRECTORY } from "./render";
import { USER, type BalancerParts } from "./workload";

const PORT = 8444;

/** Folders of the bundle in the service that offers it. */
const FILES = "/etc/nginx/bundle";
const SECRETS = "/run/secrets/bundle";

/** Both sides' certificate and authority. */
const CERTIFICATE = "/etc/nginx/bundle-tls/certificate.pem";
const AUTHORITY = "/etc/nginx/bundle-tls/authority.pem";
const KEY = "/run/secrets/bundle-tls.key";

/** Replacing the balancer's own certificate replaces the balancer, so it is as rare as can be. */
const VALIDITY_DAYS = 825;
const POLICY_EXEMPTIONS = { "tls-certificate-lifetime": "renewing it replaces the balancer; it is shown to the bundle alone" };

/** Two, so that one is always there while a node or a replica is replaced. */
const REPLICAS = 2;

function inside(folder: string, path: string): string {
  return `${folder}/${basename(path)}`;
}

function moved<T>(folder: string, entries: Record<string, T>): Record<string, T> {
  return Object.fromEntries(Object.entries(entries).map(([path, value]) => [inside(folder, path), value]));
}

/**
 * Creates the service that offers the balancer's files over mutual TLS, and says what the balancer needs to fetch them. Its
 * authority signs these two certificates and nothing else, so whoever shows one of them is the balancer.
 */
export function offerBundle(
  name: string,
  balancer: Ref,
  options: NginxLoadBalancerOptions,
  parts: BalancerParts,
  parent: pulumi.Resource,
): BalancerParts & { dependsOn: pulumi.Resource[] } {
  const { platform } = options;
  const ref = platform.declare(`${balancer.name}-bundle`, { ports: { bundle: PORT }, segment: SEGMENTS.edge });
  const authority = new OwnCertificateAuthority(`${name}-bundle-ca`, {}, { parent });
  const server = authority.issue(
    `${name}-bundle-server`,
    { dnsNames: [ref.host], validityDays: VALIDITY_DAYS, policyExemptions: POLICY_EXEMPTIONS },
    { parent },
  );
  const client = authority.issue(
    `${name}-bundle-client`,
    { commonName: balancer.fullName, uses: ["client"], validityDays: VALIDITY_DAYS, policyExemptions: POLICY_EXEMPTIONS },
    { parent },
  );
  const key = (suffix: string, data: pulumi.Output<string>): Record<string, Secret> => ({
    [KEY]: platform.secret(`${name}-bundle-${suffix}-key`, data, { parent }),
  });
  const tls = { NGINX_BUNDLE_CERTIFICATE: CERTIFICATE, NGINX_BUNDLE_KEY: KEY, NGINX_BUNDLE_CA: AUTHORITY };

  const files = { ...moved(FILES, parts.files), [CERTIFICATE]: server.certificatePem, [AUTHORITY]: authority.certificatePem };
  const workload: Workload = {
    kind: "service",
    image: options.image,
    command: ["testbro-nginx-bundle"],
    env: { ...tls, NGINX_BUNDLE_FOLDERS: `${FILES} ${SECRETS}`, NGINX_BUNDLE_PORT: String(PORT) },
    files: Object.fromEntries(Object.entries(files).map(([path, content]) => [path, { content }])),
    secrets: { ...moved(SECRETS, parts.secrets), ...key("server", server.privateKeyPem) },
    ports: [{ name: "bundle", container: PORT }],
    health: { live: { tcp: { port: "bundle" }, interval: 2, timeout: 2, retries: 3, startPeriod: 10 } },
    resources: { limits: { cpu: "200m", memory: "64Mi" }, reservations: { cpu: "20m", memory: "32Mi" } },
    scale: { replicas: REPLICAS },
    ...(options.placement ? { placement: options.placement } : {}),
    stop: { signal: "SIGQUIT" },
    security: { user: USER, readOnlyRoot: true, writable: [RUNTIME_DIRECTORY, CACHE_DIRECTORY] },
  };
  const running = platform.run(ref, workload, { parent });

  return {
    files: { [CERTIFICATE]: client.certificatePem, [AUTHORITY]: authority.certificatePem },
    secrets: key("client", client.privateKeyPem),
    connects: [...parts.connects, ref],
    env: { ...tls, NGINX_BUNDLE: `https://${ref.host}:${PORT}` },
    dependsOn: [running.resource],
  };
}
