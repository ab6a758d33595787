import type { Fixtures } from "../fixtures/fixtures";
import { gatewayRedirectRule } from "./gateway-redirect";
import { edit, unknownAt, REMOVE } from "../fixtures/edit";
import * as kube from "../fixtures/kubernetes";

const gateway = edit(kube.gateway, { "spec.listeners[1]": { name: "http", protocol: "HTTP", port: 80 } });
const redirect = kube.kubernetes("gateway.networking.k8s.io/v1", "HTTPRoute", "redirect", {
  spec: {
    parentRefs: [{ name: "edge", sectionName: "http" }],
    rules: [{ filters: [{ type: "RequestRedirect", requestRedirect: { scheme: "https", statusCode: 301 } }] }],
  },
});
const route = kube.kubernetes("gateway.networking.k8s.io/v1", "HTTPRoute", "shop", {
  spec: { parentRefs: [{ name: "edge", sectionName: "https" }], rules: [{ backendRefs: [{ name: "backend", port: 80 }] }] },
});

export const fixtures: Fixtures = {
  rule: gatewayRedirectRule,
  good: [[gateway, redirect, route]],
  bad: [
    [gateway, redirect, edit(route, { "spec.parentRefs[0].sectionName": REMOVE })],
    [gateway, edit(redirect, { "spec.rules[0].filters[0].requestRedirect.scheme": "http" })],
  ],
  unknown: [
    [gateway, unknownAt(route, "spec.parentRefs[0].sectionName")],
    [gateway, unknownAt(redirect, "spec.rules")],
  ],
};
