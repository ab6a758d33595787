import type { Dashboard } from "@grafana/grafana-foundation-sdk/dashboard";
import type { Settings } from "../options";
import { application } from "./application";
import { autoScaling } from "./auto-scaling";
import { buildDashboard } from "./build";
import type { DashboardDescription } from "./describe";
import { infrastructure } from "./infrastructure";
import { loadBalancer } from "./load-balancer";
import { traefikBalancer } from "./traefik";

export { DATA_SOURCE } from "./build";
export { DASHBOARD_NAMES, uidOf, type DashboardDescription, type DashboardName, type PanelDescription } from "./describe";

/** What each dashboard shows. */
export function describeDashboards(settings: Settings): DashboardDescription[] {
  const balancer = { nginx: loadBalancer, traefik: traefikBalancer }[settings.balancer];
  return [application(settings), infrastructure(settings), balancer(settings), autoScaling(settings)];
}

/** The dashboards in Grafana's own form, by the end of their address. */
export function dashboards(settings: Settings): Record<string, Dashboard> {
  const { runbooks, scrapeInterval } = settings;
  return Object.fromEntries(describeDashboards(settings).map((each) => [each.name, buildDashboard(each, { runbooks, scrapeInterval })]));
}

/** A panel's query as Prometheus takes it: everything chosen. @param expr PromQL with the dashboards' variables */
export function chosenAll(expr: string): string {
  return expr.replace(/\$(workload|route|service)\b/g, ".*");
}
