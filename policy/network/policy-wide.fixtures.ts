import type { Fixtures } from "../fixtures/fixtures";
import { policyWideRule } from "./policy-wide";
import { edit, unknownAt } from "../fixtures/edit";
import * as kube from "../fixtures/kubernetes";
import { UNKNOWN } from "../core/unknown";

export const fixtures: Fixtures = {
  rule: policyWideRule,
  good: [
    kube.networkPolicy,
    kube.defaultDeny,
    edit(kube.networkPolicy, { "spec.egress[1]": { ports: [{ protocol: "UDP", port: 53 }] } }),
    { ...edit(kube.networkPolicy, { "spec.ingress": [{ ports: [{ port: 443 }] }] }), name: "balancer" },
  ],
  bad: [
    edit(kube.networkPolicy, { "spec.ingress": [{}] }),
    edit(kube.networkPolicy, { "spec.egress[0].to": [{ ipBlock: { cidr: "0.0.0.0/0" } }] }),
  ],
  unknown: [
    unknownAt(kube.networkPolicy, "spec.ingress"),
    edit(kube.networkPolicy, { "spec.egress[0].to": [{ ipBlock: { cidr: UNKNOWN } }] }),
  ],
};
