import type { Fixtures } from "../fixtures/fixtures";
import { traefikLabelsRule } from "./traefik-labels";
import { edit, unknownAt } from "../fixtures/edit";
import * as docker from "../fixtures/docker";

const labels = [
  { label: "traefik.enable", value: "true" },
  { label: "traefik.http.routers.shop.rule", value: "Host(`shop.example.com`)" },
  { label: "traefik.http.routers.shop.entrypoints", value: "websecure" },
  { label: "traefik.http.routers.shop.tls", value: "true" },
];

export const fixtures: Fixtures = {
  rule: traefikLabelsRule,
  good: [docker.service, edit(docker.service, { labels }), edit(docker.container, { labels })],
  bad: [
    edit(docker.service, { labels: labels.slice(0, 3) }),
    edit(docker.container, { labels, "labels[2].value": "web" }),
    edit(docker.container, { labels: labels.slice(0, 2) }),
  ],
  unknown: [unknownAt(edit(docker.service, { labels }), "labels[3].value"), unknownAt(docker.container, "labels")],
};
