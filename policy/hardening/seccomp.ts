import { defineRule } from "../core/rule";
import { containersOf, POD_KINDS } from "../platforms/containers";

export const seccompRule = defineRule({
  id: "hardening-seccomp",
  group: "hardening",
  title: "System calls are filtered: seccomp, AppArmor and SELinux stay on.",
  severity: "medium",
  why: "The default seccomp profile takes away the rarely used system calls most kernel exploits begin with; Kubernetes does not apply it unless asked.",
  fix: "Kubernetes: seccompProfile RuntimeDefault. Docker: do not set seccomp, apparmor or label options to unconfined or disable.",
  example: `securityContext: { seccompProfile: { type: "RuntimeDefault" } }`,
  frameworks: ["CIS Docker 5.2", "CIS Docker 5.3", "CIS Docker 5.22", "CIS Kubernetes 5.7.2", "NSA", "PSS restricted"],
  kinds: [...POD_KINDS, "docker/Container", "docker/Service"],
  check({ view, props, report, each }) {
    if (view.kind === "docker/Container") {
      return each(props.at("securityOpts").list(), (option) => {
        if (/^(?:seccomp|apparmor|systempaths)[:=]unconfined$|^label[:=]disable$/.test(option.text() ?? ""))
          report(`security option ${option.text()} switches a filter off`, option);
      });
    }
    if (view.kind === "docker/Service") {
      const disabled = props.at("taskSpec", "containerSpec", "privileges", "seLinuxContext", "disable");
      if (disabled.flag() === true) report("SELinux labels are switched off", disabled);
      return;
    }
    each(containersOf(view), ({ at, label, pod }) => {
      const own = at.at("securityContext", "seccompProfile", "type");
      const profile = own.exists ? own : pod!.spec.at("securityContext", "seccompProfile", "type");
      const type = profile.text();
      if (type !== "RuntimeDefault" && type !== "Localhost") report(`${label} has seccomp profile ${type ?? "(none)"}`, profile);
      const armor = at.at("securityContext", "appArmorProfile", "type");
      if (armor.text() === "Unconfined") report(`${label} switches AppArmor off`, armor);
    });
  },
});
