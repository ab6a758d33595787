import type * as kubernetes from "@pulumi/kubernetes";
import { ENTRANCE_PORT, type EntranceSettings } from "./settings";

/** The Service an entrance leads to. */
export interface EntranceTarget {
  /** Name of the Service. */
  service: string;
  /** Number of the Service's port {@link ENTRANCE_PORT}. */
  port: number;
}

/** Key of the authority's certificate in its ConfigMap, as the Gateway API wants it. */
export const AUTHORITY_KEY = "ca.crt";

/** Group of the Gateway API's kinds. */
const GATEWAY_API = "gateway.networking.k8s.io";

export const API_VERSIONS = { certificate: "cert-manager.io/v1", gateway: `${GATEWAY_API}/v1` } as const;

/** The Secret with the certificate that clients see. @param name of the entrance's objects */
export function certificateSecret(name: string, { certificate }: EntranceSettings): string {
  return "secretName" in certificate ? certificate.secretName : `${name}-tls`;
}

/** What cert-manager is asked for; undefined where the certificate is somebody else's. A new key with each renewal, P-256 as everywhere here. */
export function certificateSpec(name: string, settings: EntranceSettings): object | undefined {
  const { certificate, hosts } = settings;
  if (!("issuer" in certificate)) return undefined;
  return {
    secretName: certificateSecret(name, settings),
    dnsNames: hosts,
    issuerRef: { group: "cert-manager.io", kind: certificate.issuer.kind ?? "ClusterIssuer", name: certificate.issuer.name },
    privateKey: { algorithm: "ECDSA", size: 256, rotationPolicy: "Always" },
    usages: ["digital signature", "server auth"],
  };
}

export function ingressSpec(
  name: string,
  settings: EntranceSettings,
  { service }: EntranceTarget,
): kubernetes.types.input.networking.v1.IngressSpec {
  const { className, hosts } = settings;
  const backend = { service: { name: service, port: { name: ENTRANCE_PORT } } };
  return {
    ingressClassName: className,
    tls: [{ hosts, secretName: certificateSecret(name, settings) }],
    rules: hosts.map((host) => ({ host, http: { paths: [{ path: "/", pathType: "Prefix", backend }] } })),
  };
}

/** Listeners of HTTP and HTTPS for each host; only routes of the same namespace may use them. */
export function gatewaySpec(name: string, settings: EntranceSettings): object {
  const routes = { allowedRoutes: { namespaces: { from: "Same" } } };
  const certificateRefs = [{ group: "", kind: "Secret", name: certificateSecret(name, settings) }];
  return {
    gatewayClassName: settings.className,
    listeners: settings.hosts.flatMap((hostname, index) => [
      { name: `http-${index}`, protocol: "HTTP", port: 80, hostname, ...routes },
      { name: `https-${index}`, protocol: "HTTPS", port: 443, hostname, tls: { mode: "Terminate", certificateRefs }, ...routes },
    ]),
  };
}

function parents(name: string, scheme: "http" | "https", { hosts }: EntranceSettings): object[] {
  return hosts.map((_, index) => ({ group: GATEWAY_API, kind: "Gateway", name, sectionName: `${scheme}-${index}` }));
}

/** Sends plain HTTP to HTTPS. */
export function redirectRouteSpec(name: string, settings: EntranceSettings): object {
  const redirect = { type: "RequestRedirect", requestRedirect: { scheme: "https", statusCode: 301 } };
  return { parentRefs: parents(name, "http", settings), hostnames: settings.hosts, rules: [{ filters: [redirect] }] };
}

export function routeSpec(name: string, settings: EntranceSettings, { service, port }: EntranceTarget): object {
  return {
    parentRefs: parents(name, "https", settings),
    hostnames: settings.hosts,
    rules: [
      {
        matches: [{ path: { type: "PathPrefix", value: "/" } }],
        backendRefs: [{ group: "", kind: "Service", name: service, port, weight: 1 }],
      },
    ],
  };
}

/** TLS from the Gateway to the workload, verified: the first host name is the one its certificate has to carry. */
export function backendTlsSpec(name: string, { hosts }: EntranceSettings, { service }: EntranceTarget): object {
  return {
    targetRefs: [{ group: "", kind: "Service", name: service, sectionName: ENTRANCE_PORT }],
    validation: { hostname: hosts[0], caCertificateRefs: [{ group: "", kind: "ConfigMap", name: `${name}-authority` }] },
  };
}
