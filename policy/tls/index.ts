import type { Rule } from "../core/rule";
import { certificateLifetimeRule } from "./certificate-lifetime";
import { ciphersRule } from "./ciphers";
import { dockerHostRule } from "./docker-host";
import { gatewayRedirectRule } from "./gateway-redirect";
import { gatewayTlsRule } from "./gateway-tls";
import { hstsRule } from "./hsts";
import { httpRedirectRule } from "./http-redirect";
import { ingressRedirectRule } from "./ingress-redirect";
import { ingressTlsRule } from "./ingress-tls";
import { keySizeRule } from "./key-size";
import { minimumVersionRule } from "./minimum-version";
import { postgresTlsRule } from "./postgres";
import { redisTlsRule } from "./redis";
import { traefikLabelsRule } from "./traefik-labels";
import { traefikRouteRule } from "./traefik-route";
import { verificationRule } from "./verification";

/** Encryption in transit. */
export const tlsRules: readonly Rule[] = [
  certificateLifetimeRule,
  ciphersRule,
  dockerHostRule,
  gatewayRedirectRule,
  gatewayTlsRule,
  hstsRule,
  httpRedirectRule,
  ingressRedirectRule,
  ingressTlsRule,
  keySizeRule,
  minimumVersionRule,
  postgresTlsRule,
  redisTlsRule,
  traefikLabelsRule,
  traefikRouteRule,
  verificationRule,
];
