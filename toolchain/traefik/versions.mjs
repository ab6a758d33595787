// The one place that says which Traefik is downloaded or built. The spec compares it with go.mod.

export const TRAEFIK = "3.7.13";

/** Traefik's ACME client, as its go.mod requires it. */
export const LEGO = "5.4.1";
