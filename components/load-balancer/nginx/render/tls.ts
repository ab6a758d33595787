import { isIP } from "node:net";
import { mergeOptions } from "../../../workload";
import { from } from "./origins";
import { directive, onOff, type Statement } from "./writer";

/** A certificate and its key, as files. */
export interface CertificateFiles {
  /** The certificate and its intermediates, PEM. */
  certificateFile: string;
  /** The private key, PEM. */
  keyFile: string;
  /** Host names it is for, `*.example.org` included. @default every host */
  hosts?: string[];
}

/** HTTP Strict Transport Security (RFC 6797). */
export interface HstsOptions {
  /** Seconds browsers insist on HTTPS. @default 63072000 (two years, Mozilla guidelines 6.0 `hsts_min_age`) */
  maxAge?: number;
  /** @default false */
  includeSubDomains?: boolean;
  /** Asks for the browsers' built-in list; needs includeSubDomains and a year. @default false */
  preload?: boolean;
}

/** TLS towards clients. */
export interface TlsOptions {
  /** At least one; the first serves hosts no other is for. */
  certificates: CertificateFiles[];
  /** `intermediate`: TLS 1.2 and 1.3; `modern`: TLS 1.3 only. @default "intermediate" */
  profile?: TlsProfileName;
  /** `false` sends no header; do that on `localhost`, where the promise would hold for every other program on it. @default two years */
  hsts?: HstsOptions | false;
  /** @default true */
  http2?: boolean;
  /** HTTP/3 over UDP on the same port number. @default false */
  http3?: boolean;
  /** Memory for sessions to resume; 1m holds about 4000. @default "10m" */
  sessionCache?: `${number}${"k" | "m"}`;
  /** Seconds a session may be resumed. @default 86400 */
  sessionTimeout?: number;
  /**
   * Fetch and staple OCSP answers; only for a certificate that names a responder. They have to be signed by the certificate's issuer, which stands in its
   * file, or by a delegate of an authority the system knows. @default false
   */
  stapling?: boolean;
}

export type TlsProfileName = "intermediate" | "modern";

interface TlsProfile {
  protocols: string[];
  ciphers: string[];
  curves: string[];
}

const CURVES = ["X25519MLKEM768", "X25519", "prime256v1", "secp384r1"];

/**
 * Server-side TLS guidelines 6.0, configurations `intermediate` and `modern` (https://ssl-config.mozilla.org/guidelines/6.0.json,
 * continued at https://data.tlsref.org/guidelines/6.0.json). TLS 1.3 suites are OpenSSL's default, which is the guidelines' list.
 */
export const TLS_PROFILES: Record<TlsProfileName, TlsProfile> = {
  intermediate: {
    protocols: ["TLSv1.2", "TLSv1.3"],
    ciphers: [
      "ECDHE-ECDSA-AES128-GCM-SHA256",
      "ECDHE-RSA-AES128-GCM-SHA256",
      "ECDHE-ECDSA-AES256-GCM-SHA384",
      "ECDHE-RSA-AES256-GCM-SHA384",
      "ECDHE-ECDSA-CHACHA20-POLY1305",
      "ECDHE-RSA-CHACHA20-POLY1305",
    ],
    curves: CURVES,
  },
  modern: { protocols: ["TLSv1.3"], ciphers: [], curves: CURVES },
};

export const HSTS_DEFAULTS: Required<HstsOptions> = { maxAge: 63_072_000, includeSubDomains: false, preload: false };

/** Value of Strict-Transport-Security, or undefined where none is sent. */
export function hstsValue(tls: TlsOptions | false): string | undefined {
  if (tls === false || tls.hsts === false) return undefined;
  const hsts = mergeOptions(HSTS_DEFAULTS, tls.hsts);
  return [`max-age=${hsts.maxAge}`, hsts.includeSubDomains && "includeSubDomains", hsts.preload && "preload"].filter(Boolean).join("; ");
}

/**
 * The authorities the image's system knows. What a responder says may be signed by somebody its authority has given the right to, which nginx believes
 * only when the way from there ends at one of these.
 */
const KNOWN_AUTHORITIES = "/etc/ssl/certs/ca-certificates.crt";

/** What holds for every site; protocols and curves must stand here, because nginx takes them from the default server alone. */
export function tlsGlobals(tls: TlsOptions): Statement[] {
  const profile = TLS_PROFILES[tls.profile ?? "intermediate"];
  return [
    directive("ssl_protocols", ...profile.protocols),
    ...(profile.ciphers.length > 0 ? [directive("ssl_ciphers", profile.ciphers.join(":"))] : []),
    directive("ssl_ecdh_curve", profile.curves.join(":")),
    // Every suite left is sound, so the client chooses: phones without AES hardware are faster with ChaCha20.
    directive("ssl_prefer_server_ciphers", "off"),
    directive("ssl_session_cache", `shared:tls:${tls.sessionCache ?? "10m"}`),
    directive("ssl_session_timeout", `${tls.sessionTimeout ?? 86_400}s`),
    // Tickets are encrypted with a key that lives as long as the process, which would undo forward secrecy.
    directive("ssl_session_tickets", "off"),
    directive("ssl_stapling", onOff(tls.stapling ?? false)),
    ...(tls.stapling ? [directive("ssl_stapling_verify", "on"), directive("ssl_trusted_certificate", KNOWN_AUTHORITIES)] : []),
  ];
}

function covers(pattern: string, host: string): boolean {
  if (pattern.toLowerCase() === host.toLowerCase()) return true;
  // One label only (RFC 6125, 6.4.3).
  return pattern.startsWith("*.") && isIP(host) === 0 && host.slice(host.indexOf(".")).toLowerCase() === pattern.slice(1).toLowerCase();
}

/** Certificates for a site: those for one of its hosts, else the first. Several (ECDSA and RSA) may stand side by side. */
export function certificatesFor(tls: TlsOptions, hosts: readonly string[]): CertificateFiles[] {
  const matching = tls.certificates.filter((certificate) =>
    certificate.hosts?.some((pattern) => hosts.some((host) => covers(pattern, host))),
  );
  const general = tls.certificates.filter((certificate) => certificate.hosts === undefined);
  const first = tls.certificates.slice(0, 1);
  return matching.length > 0 ? matching : general.length > 0 ? general : first;
}

/** The certificates of one site. */
export function siteCertificates(tls: TlsOptions, hosts: readonly string[]): Statement[] {
  return certificatesFor(tls, hosts).flatMap((certificate) =>
    from(`tls.certificates[${tls.certificates.indexOf(certificate)}]`, [
      directive("ssl_certificate", certificate.certificateFile),
      directive("ssl_certificate_key", certificate.keyFile),
    ]),
  );
}
