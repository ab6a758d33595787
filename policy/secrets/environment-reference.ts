import { defineRule } from "../core/rule";
import { containersOf, POD_KINDS } from "../platforms/containers";

export const environmentReferenceRule = defineRule({
  id: "secrets-environment-reference",
  group: "secrets",
  title: "A pod gets secrets as files, not as environment variables.",
  severity: "low",
  why: "A variable taken from a Secret leaks like any other and does not follow when the Secret is renewed.",
  fix: "Mount the Secret as a volume.",
  example: `volumes: [{ name: "credentials", secret: { secretName, defaultMode: 0o440 } }]`,
  frameworks: ["CIS Kubernetes 5.4.1"],
  kinds: POD_KINDS,
  check({ view, report, each }) {
    each(containersOf(view), ({ at, label }) => {
      each(at.at("env").list(), (entry) => {
        const from = entry.at("valueFrom", "secretKeyRef");
        if (from.written)
          report(
            `${label} gets secret ${from.at("name").known ? from.at("name").text() : "(unknown)"} as ${entry.at("name").text()}`,
            entry,
          );
      });
      each(at.at("envFrom").list(), (entry) => {
        if (entry.at("secretRef").written) report(`${label} gets a whole secret as variables`, entry);
      });
    });
  },
});
