import type { Fixtures } from "../fixtures/fixtures";
import { ingressTlsRule } from "./ingress-tls";
import { edit, unknownAt, REMOVE } from "../fixtures/edit";
import * as kube from "../fixtures/kubernetes";

export const fixtures: Fixtures = {
  rule: ingressTlsRule,
  good: [kube.ingress, edit(kube.ingress, { "spec.tls[0].hosts[0]": "*.example.com" })],
  bad: [
    edit(kube.ingress, { "spec.tls": REMOVE }),
    edit(kube.ingress, { "spec.tls[0].hosts[0]": "other.example.com" }),
    edit(kube.ingress, { "spec.tls[0].secretName": REMOVE }),
    edit(kube.ingress, { "spec.rules[0].host": REMOVE }),
  ],
  unknown: [
    unknownAt(kube.ingress, "spec.rules[0].host"),
    unknownAt(kube.ingress, "spec.tls[0].hosts[0]"),
    unknownAt(kube.ingress, "spec.tls"),
  ],
};
