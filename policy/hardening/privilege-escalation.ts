import { defineRule } from "../core/rule";
import { containersOf, POD_KINDS } from "../platforms/containers";

export const privilegeEscalationRule = defineRule({
  id: "hardening-privilege-escalation",
  group: "hardening",
  title: "A process cannot gain more privileges than it was started with.",
  severity: "high",
  why: "A setuid binary in the image otherwise turns any user into root.",
  fix: "Kubernetes: allowPrivilegeEscalation: false. Docker container: securityOpts no-new-privileges.",
  example: `securityContext: { allowPrivilegeEscalation: false }   // Docker: securityOpts: ["no-new-privileges:true"]`,
  frameworks: ["CIS Docker 5.26", "CIS Kubernetes 5.2.6", "NSA", "PSS restricted"],
  kinds: [...POD_KINDS, "docker/Container"],
  check({ view, props, report, each }) {
    if (view.kind === "docker/Container") {
      const options = props.at("securityOpts");
      if (!options.texts().some((option) => /^no-new-privileges(?:[:=]true)?$/.test(option)))
        report("the container may gain privileges", options);
      return;
    }
    each(containersOf(view), ({ at, label }) => {
      const setting = at.at("securityContext", "allowPrivilegeEscalation");
      if (setting.flag() !== false) report(`${label} may gain privileges`, setting);
    });
  },
});
