import { defineRule } from "../core/rule";
import { CONTAINER_KINDS, containersOf } from "../platforms/containers";

export const nonRootRule = defineRule({
  id: "hardening-non-root",
  group: "hardening",
  title: "No container runs as root.",
  severity: "high",
  why: "Root in a container is root on the host as soon as one kernel or runtime bug is found; without root most of them cannot be used.",
  fix: "Name a numeric user above 0; on Kubernetes also runAsNonRoot: true.",
  example: `securityContext: { runAsNonRoot: true, runAsUser: 10001 }   // Docker: user: "10001:10001"`,
  frameworks: ["CIS Docker 4.1", "CIS Kubernetes 5.2.7", "NSA", "PSS restricted"],
  kinds: CONTAINER_KINDS,
  check({ view, report, each }) {
    each(containersOf(view), (container) => {
      const { at, label, pod } = container;
      if (!pod) {
        const user = at.at("user");
        const text = user.text() ?? "";
        if (text === "") report(`${label} names no user`, user);
        else if (/^(?:0|root)(?::|$)/.test(text)) report(`${label} runs as root`, user);
        return;
      }
      const setting = (name: string) => {
        const own = at.at("securityContext", name);
        return own.exists ? own : pod.spec.at("securityContext", name);
      };
      const user = setting("runAsUser");
      if (user.number() === 0) return report(`${label} runs as root`, user);
      if (setting("runAsNonRoot").flag() !== true)
        report(`${label} does not have to run as another user than root`, setting("runAsNonRoot"));
    });
  },
});
