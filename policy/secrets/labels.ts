import { defineRule } from "../core/rule";
import { labelsOf } from "../platforms/containers";
import { secretReason } from "./detect";

export const labelsRule = defineRule({
  id: "secrets-labels",
  group: "secrets",
  title: "No secret stands in a label or annotation.",
  severity: "critical",
  why: "Labels are shown in every list and copied to monitoring.",
  fix: "Move the value into a secret; basic-auth users of Traefik into a usersFile.",
  example: `{ label: "traefik.http.middlewares.admin-auth.basicauth.usersfile", value: "/run/secrets/users" }`,
  kinds: [
    "docker/Service",
    "docker/Container",
    "docker/Network",
    "docker/Volume",
    "docker/Secret",
    "docker/ServiceConfig",
    "apps/Deployment",
    "apps/StatefulSet",
    "apps/DaemonSet",
    "core/Service",
    "core/ConfigMap",
    "core/Namespace",
    "networking.k8s.io/Ingress",
  ],
  check({ view, report, each }) {
    each(labelsOf(view), ([name, value]) => {
      if (/^(?:policy\.testbro\.ai|pulumi\.com|kubectl\.kubernetes\.io|deployment\.kubernetes\.io)\//.test(name)) return;
      if (value.encrypted) return report(`${name} holds a Pulumi secret`, value);
      const text = value.text() ?? "";
      const users = /\.basicauth\.users$/i.test(name) && /:\$/.test(text) ? "password hashes" : undefined;
      // Checksums that roll pods on a change are random by nature.
      const reason = users ?? (/checksum|hash|digest|revision/i.test(name) ? undefined : secretReason(name.split("/").pop()!, text));
      if (reason) report(`${name} holds ${reason}`, value);
    });
  },
});
