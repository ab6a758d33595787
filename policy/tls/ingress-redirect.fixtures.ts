import type { Fixtures } from "../fixtures/fixtures";
import { ingressRedirectRule } from "./ingress-redirect";
import { edit, unknownAt } from "../fixtures/edit";
import * as kube from "../fixtures/kubernetes";

export const fixtures: Fixtures = {
  rule: ingressRedirectRule,
  good: [kube.ingress],
  bad: [
    edit(kube.ingress, { 'metadata.annotations["nginx.ingress.kubernetes.io/ssl-redirect"]': "false" }),
    edit(kube.ingress, { 'metadata.annotations["traefik.ingress.kubernetes.io/router.entrypoints"]': "web,websecure" }),
  ],
  unknown: [
    unknownAt(kube.ingress, 'metadata.annotations["nginx.ingress.kubernetes.io/ssl-redirect"]'),
    unknownAt(kube.ingress, "metadata.annotations"),
  ],
};
