import type { Fixtures } from "../fixtures/fixtures";
import { traefikRouteRule } from "./traefik-route";
import { edit, unknownAt, REMOVE } from "../fixtures/edit";
import * as kube from "../fixtures/kubernetes";

export const fixtures: Fixtures = {
  rule: traefikRouteRule,
  good: [kube.ingressRoute, edit(kube.ingressRoute, { "spec.tls": REMOVE, "spec.routes[0].middlewares": [{ name: "https-redirect" }] })],
  bad: [edit(kube.ingressRoute, { "spec.tls": REMOVE }), edit(kube.ingressRoute, { "spec.entryPoints": ["web", "websecure"] })],
  unknown: [unknownAt(kube.ingressRoute, "spec.tls"), unknownAt(kube.ingressRoute, "spec.entryPoints")],
};
