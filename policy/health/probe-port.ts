import { defineRule } from "../core/rule";
import { lastingContainers, probeAction, PROBED_KINDS, probesOf } from "../platforms/probes";

export const probePortRule = defineRule({
  id: "health-probe-port",
  group: "health",
  title: "A probe asks a port that its container declares.",
  severity: "high",
  why: "A probe on a port name that does not exist never succeeds; one on an undeclared number usually is a typing mistake left from another service.",
  fix: "Use the name of one of the container's ports.",
  example: `ports: [{ name: "http", containerPort: 3001 }], readinessProbe: { httpGet: { path: "/ready", port: "http" } }`,
  kinds: PROBED_KINDS,
  check({ view, report, each }) {
    each(lastingContainers(view), ({ at, label }) => {
      each(probesOf({ at }), ({ name, probe }) => {
        const action = probeAction(probe);
        if (!action) return report(`${label}: ${name} has no action`, probe);
        if (action.kind === "exec") return;
        const port = action.at.at("port");
        const wanted = port.text();
        const declared = at
          .at("ports")
          .list()
          .flatMap((entry) => [entry.at("name").text(), entry.at("containerPort").text()]);
        if (wanted === undefined || !declared.includes(wanted))
          report(`${label}: ${name} asks port ${wanted ?? "(none)"}, which the container does not declare`, port);
      });
    });
  },
});
