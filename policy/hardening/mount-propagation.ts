import { defineRule } from "../core/rule";
import { CONTAINER_KINDS } from "../platforms/containers";
import { hostMountsOf } from "../platforms/host-paths";

export const mountPropagationRule = defineRule({
  id: "hardening-mount-propagation",
  group: "hardening",
  title: "Mounts made in a container do not reach the host.",
  severity: "high",
  why: "With shared or Bidirectional propagation a container changes the host's mounts, for instance over /etc.",
  fix: "Leave propagation private (Docker's rprivate, Kubernetes' None).",
  example: `bindOptions: { propagation: "rprivate" }`,
  frameworks: ["CIS Docker 5.20"],
  kinds: CONTAINER_KINDS,
  check({ view, report, each }) {
    each(hostMountsOf(view), ({ propagation, at }) => {
      const mode = propagation();
      if (mode && /^(?:r?shared|Bidirectional)$/.test(mode)) report(`mount propagation is ${mode}`, at);
    });
  },
});
