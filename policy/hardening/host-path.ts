import { defineRule } from "../core/rule";
import { CONTAINER_KINDS } from "../platforms/containers";
import { hostMountsOf } from "../platforms/host-paths";

export const hostPathRule = defineRule({
  id: "hardening-host-path",
  group: "hardening",
  title: "No container mounts a path of the host.",
  severity: "high",
  why: "A writable host path is a way to root, a readable one a way to keys and other services' data; and the data stays behind on one node.",
  fix: "Use a named volume, a config or a secret; agents that must read the host are exempted with a reason.",
  example: `mounts: [{ type: "volume", source: "data", target: "/data" }]`,
  frameworks: ["CIS Docker 5.6", "CIS Kubernetes 5.2.12", "NSA", "PSS baseline"],
  kinds: CONTAINER_KINDS,
  parameters: {
    allowed: { type: "array", items: { type: "string" }, description: "Host paths that may be mounted, by prefix.", default: [] },
  },
  check({ view, report, each, parameter }) {
    each(hostMountsOf(view), ({ source, at }) => {
      const path = source();
      if (!parameter<string[]>("allowed").some((prefix) => path === prefix || path.startsWith(`${prefix.replace(/\/$/, "")}/`)))
        report(`host path ${path} is mounted`, at);
    });
  },
});
