import { SHOWN_UNTIL } from "../builtin";
import type { Thresholds } from "../options";
import type { PanelDescription } from "./describe";

/** The public address as users find it, whichever balancer answers there. */
export function addressPanels(thresholds: Thresholds): PanelDescription[] {
  return [
    {
      title: "Certificate",
      description: "Days left of the certificate that the public address shows; below 0 it has ended.",
      kind: "stat",
      unit: "days",
      queries: [{ expr: `(min by (instance) (${SHOWN_UNTIL}) - time()) / 86400`, legend: "{{instance}}" }],
      limits: { warning: thresholds.certificateDays, critical: 3, bad: "below" },
      runbook: "probes.md#certificateexpires",
    },
    {
      title: "Address works",
      description: "Share of balancers that answer for the public address, asked as a user would.",
      kind: "stat",
      unit: "share",
      queries: [{ expr: "avg by (instance) (probe_success)", legend: "{{instance}}" }],
      limits: { warning: 1, critical: 0.5, bad: "below" },
      runbook: "probes.md#addressdown",
    },
  ];
}
