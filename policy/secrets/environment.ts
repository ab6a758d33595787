import { defineRule } from "../core/rule";
import { CONTAINER_KINDS, containersOf, environmentOf } from "../platforms/containers";
import { secretName, secretReason } from "./detect";

export const environmentRule = defineRule({
  id: "secrets-environment",
  group: "secrets",
  title: "No secret stands in the environment.",
  severity: "critical",
  why: "The environment is shown by docker inspect, by kubectl describe, in crash reports and to every child process.",
  fix: "Create a secret, mount it as a file and pass the path (…_FILE).",
  example: `env: { DATABASE_PASSWORD_FILE: "/run/secrets/database-password" }`,
  frameworks: ["CIS Docker 4.10", "CIS Kubernetes 5.4.1", "NSA"],
  kinds: CONTAINER_KINDS,
  check({ view, report, each }) {
    each(containersOf(view), (container) => {
      each(environmentOf(container), ({ name, value }) => {
        if (!value.written) return;
        if (value.encrypted) return report(`${name} holds a Pulumi secret in plain sight of the platform`, value);
        // An unknown value under a harmless name is taken for a harmless reference, under a secret name for undecided.
        if (!value.known && !secretName(name)) return;
        const reason = secretReason(name, value.text() ?? "");
        if (reason) report(`${name} holds ${reason}`, value);
      });
    });
  },
});
