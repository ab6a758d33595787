import type { Fixtures } from "../fixtures/fixtures";
import { gatewayTlsRule } from "./gateway-tls";
import { edit, unknownAt } from "../fixtures/edit";
import * as kube from "../fixtures/kubernetes";

export const fixtures: Fixtures = {
  rule: gatewayTlsRule,
  good: [kube.gateway, edit(kube.gateway, { "spec.listeners[0].tls": { mode: "Passthrough" } })],
  bad: [
    edit(kube.gateway, { "spec.listeners[0].tls.certificateRefs": [] }),
    edit(kube.gateway, { "spec.listeners[0].protocol": "HTTP", "spec.listeners[0].port": 80 }),
  ],
  unknown: [unknownAt(kube.gateway, "spec.listeners[0].tls"), unknownAt(kube.gateway, "spec.listeners")],
};
