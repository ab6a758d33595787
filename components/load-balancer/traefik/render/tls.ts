import { isIP } from "node:net";
import { TLS_PROFILES } from "../../nginx";
import type { DynamicConfiguration, TlsSettings } from "./configuration";
import type { TraefikCertificate, TraefikOptions, TraefikTls } from "./options";

/** The guidelines' suites as Go names them. */
const SUITES: Record<string, string> = {
  "ECDHE-ECDSA-AES128-GCM-SHA256": "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
  "ECDHE-RSA-AES128-GCM-SHA256": "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
  "ECDHE-ECDSA-AES256-GCM-SHA384": "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
  "ECDHE-RSA-AES256-GCM-SHA384": "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
  "ECDHE-ECDSA-CHACHA20-POLY1305": "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
  "ECDHE-RSA-CHACHA20-POLY1305": "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
};

/** The guidelines' groups as Go names them. */
const CURVES: Record<string, string> = {
  X25519MLKEM768: "X25519MLKEM768",
  X25519: "X25519",
  prime256v1: "CurveP256",
  secp384r1: "CurveP384",
};

/** Hosts of the balancer, its routes and its dashboard. */
export function allHosts(options: TraefikOptions): string[] {
  const dashboard = options.dashboard ? [options.dashboard.host] : [];
  return [...new Set([...(options.hosts ?? []), ...options.routes.flatMap((route) => route.hosts ?? []), ...dashboard])];
}

/** Whether every client has to ask for a name that is known: no route answers any host, and none is named by an address, which clients do not send. */
function strict(options: TraefikOptions): boolean {
  const hosts = allHosts(options);
  const open = options.routes.some((route) => (route.hosts ?? options.hosts ?? []).length === 0);
  return !open && hosts.every((host) => isIP(host) === 0);
}

function settings(options: TraefikOptions, tls: TraefikTls): TlsSettings {
  const profile = TLS_PROFILES[tls.profile ?? "intermediate"];
  const alpn = (tls.http2 ?? true) ? ["h2", "http/1.1"] : ["http/1.1"];
  return {
    minVersion: profile.protocols.includes("TLSv1.2") ? "VersionTLS12" : "VersionTLS13",
    // Suites of TLS 1.3 are Go's own, which are the guidelines'.
    ...(profile.ciphers.length > 0 ? { cipherSuites: profile.ciphers.map((suite) => SUITES[suite] ?? suite) } : {}),
    curvePreferences: profile.curves.map((curve) => CURVES[curve] ?? curve),
    sniStrict: strict(options),
    // Tickets are encrypted with a key that lives for days, which would undo forward secrecy.
    disableSessionTickets: true,
    alpnProtocols: tls.builtInAcme?.challenge === "http-01" || !tls.builtInAcme ? alpn : [...alpn, "acme-tls/1"],
  };
}

function files({ certificate, key }: TraefikCertificate): { certFile: string; keyFile: string } {
  return { certFile: certificate, keyFile: key };
}

/** Certificates and protocol settings. Traefik looks into the certificates for the names they are for. */
export function tlsConfiguration(options: TraefikOptions): DynamicConfiguration["tls"] {
  const { tls } = options;
  if (tls === false) return undefined;
  const general = tls.certificates.find((certificate) => certificate.hosts === undefined) ?? tls.certificates[0];
  return {
    ...(tls.certificates.length > 0 ? { certificates: tls.certificates.map(files) } : {}),
    ...(general ? { stores: { default: { defaultCertificate: files(general) } } } : {}),
    options: { default: settings(options, tls) },
  };
}
