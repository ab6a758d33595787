import { X509Certificate } from "node:crypto";

/** A certificate with its intermediates and its key, both PEM. */
export interface Pair {
  certificate: string;
  key: string;
}

/** A certificate as Traefik's configuration has it: files, or their content. */
interface Files {
  certFile: string;
  keyFile: string;
}

/** The part of the balancer's dynamic configuration that is looked at. */
export interface WithCertificates {
  tls?: { certificates?: Files[]; stores?: { default?: { defaultCertificate?: Files } } };
}

/** The names a certificate is for, in an order that does not depend on it; undefined for what is no certificate. */
function namesOf(certificate: string): string | undefined {
  try {
    return new X509Certificate(certificate).subjectAltName?.toLowerCase().split(", ").sort().join(", ");
  } catch {
    // The name of a file in the balancer, or something of which Traefik will say what is wrong with it.
    return undefined;
  }
}

/**
 * A configuration in which certificates that are offered take the places of those for exactly the same names. Others that are offered are left
 * out: they are of an earlier or a later configuration. Of two certificates for one name Traefik would use any.
 */
export function withOffered<T extends WithCertificates>(configuration: T, offered: readonly Pair[]): T {
  const { tls } = configuration;
  if (!tls || offered.length === 0) return configuration;
  const byNames = new Map(offered.map((pair) => [namesOf(pair.certificate), pair]));
  byNames.delete(undefined);
  const replaced = (files: Files): Files => {
    const pair = byNames.get(namesOf(files.certFile));
    return pair ? { certFile: pair.certificate, keyFile: pair.key } : files;
  };
  const general = tls.stores?.default?.defaultCertificate;
  return {
    ...configuration,
    tls: {
      ...tls,
      ...(tls.certificates ? { certificates: tls.certificates.map(replaced) } : {}),
      ...(general ? { stores: { ...tls.stores, default: { ...tls.stores?.default, defaultCertificate: replaced(general) } } } : {}),
    },
  };
}
