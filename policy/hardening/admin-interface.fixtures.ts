import type { Fixtures } from "../fixtures/fixtures";
import { adminInterfaceRule } from "./admin-interface";
import { edit, unknownAt, REMOVE } from "../fixtures/edit";
import * as docker from "../fixtures/docker";
import * as kube from "../fixtures/kubernetes";

const dashboard = [
  { label: "traefik.http.routers.dashboard.rule", value: "Host(`traefik.example.com`)" },
  { label: "traefik.http.routers.dashboard.service", value: "api@internal" },
  { label: "traefik.http.routers.dashboard.middlewares", value: "admin-auth" },
];
const grafana = edit(kube.ingress, {
  "spec.rules[0].host": "grafana.example.com",
  'metadata.annotations["nginx.ingress.kubernetes.io/auth-type"]': "basic",
});

export const fixtures: Fixtures = {
  rule: adminInterfaceRule,
  good: [docker.service, docker.container, kube.deployment, edit(docker.service, { labels: dashboard }), grafana, kube.ingressRoute],
  bad: [
    edit(docker.service, { labels: dashboard.slice(0, 2) }),
    edit(docker.container, { command: ["traefik", "--api.insecure=true"] }),
    edit(docker.container, { "envs[1]": "GF_AUTH_ANONYMOUS_ENABLED=true" }),
    edit(grafana, { "metadata.annotations": REMOVE }),
    edit(kube.ingressRoute, { "spec.routes[0].services": [{ name: "api@internal", kind: "TraefikService" }] }),
  ],
  unknown: [
    unknownAt(edit(docker.service, { labels: dashboard.slice(0, 1) }), "labels[0].value"),
    unknownAt(kube.ingress, "spec.rules[0].host"),
    unknownAt(kube.ingressRoute, "spec.routes[0].match"),
  ],
};
