import { defineRule } from "../core/rule";
import { containersOf, POD_KINDS } from "../platforms/containers";

export const privilegedRule = defineRule({
  id: "hardening-privileged",
  group: "hardening",
  title: "No container is privileged.",
  severity: "critical",
  why: "A privileged container is the host: all devices, all capabilities, no seccomp.",
  fix: "Remove privileged and add the one capability or device that is needed.",
  example: `privileged: false`,
  frameworks: ["CIS Docker 5.5", "CIS Kubernetes 5.2.2", "NSA", "PSS baseline"],
  kinds: [...POD_KINDS, "docker/Container"],
  check({ view, report, each }) {
    each(containersOf(view), ({ at, label, pod }) => {
      const settings = pod
        ? [at.at("securityContext", "privileged"), at.at("securityContext", "windowsOptions", "hostProcess")]
        : [at.at("privileged")];
      each(settings, (setting) => {
        if (setting.flag() === true) report(`${label} is privileged`, setting);
      });
      if (pod && !["Default", undefined].includes(at.at("securityContext", "procMount").text()))
        report(`${label} sees an unmasked /proc`, at.at("securityContext", "procMount"));
    });
  },
});
