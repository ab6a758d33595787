import type { WithCertificates } from "./certificates/overlay";

/** The part of the balancer's dynamic configuration that is looked at; the rest goes along as it is. */
export interface Configuration extends WithCertificates {
  http?: { services?: Record<string, { loadBalancer?: object; [kind: string]: unknown }> };
}

/** A configuration as Traefik gets it; the same one, the same bytes. */
export function asText(configuration: Configuration): string {
  // Nothing that a reader of templates would run; within JSON it can only be part of a text.
  return JSON.stringify(configuration).replaceAll("{{", "\\u007b\\u007b");
}
