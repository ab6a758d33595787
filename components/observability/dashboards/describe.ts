/** Units of Grafana that are used here; a unit means the same on every dashboard. */
export const UNITS = {
  requests: "reqps",
  seconds: "s",
  share: "percentunit",
  bytes: "bytes",
  bytesPerSecond: "Bps",
  count: "short",
  perSecond: "ops",
  cores: "none",
  days: "d",
  time: "dateTimeAsIso",
} as const;
export type Unit = keyof typeof UNITS;

/** One query of a panel. */
export interface Query {
  /** PromQL; `$workload` and other variables of the dashboard are put in by Grafana. */
  expr: string;
  /** Name of its series; `{{label}}` is put in. */
  legend: string;
}

/** Where a value turns yellow and red. */
export interface Limits {
  warning: number;
  critical: number;
  /** Which side is bad. @default "above" */
  bad?: "above" | "below";
}

/** One panel. */
export interface PanelDescription {
  title: string;
  /** What it shows and how to read it. */
  description: string;
  kind: "series" | "stat" | "table" | "states";
  unit: Unit;
  queries: Query[];
  limits?: Limits;
  /** Stack the series: their sum is of interest. @default false */
  stacked?: boolean;
  /** Page and heading of docs/runbooks that says what to do. */
  runbook?: string;
  /** Dashboard that shows more of a series, with variables from its labels. */
  more?: { dashboard: DashboardName; variables: Record<string, string> };
}

/** A row of panels. */
export interface RowDescription {
  title: string;
  panels: PanelDescription[];
}

/** A choice at the top of a dashboard: the values of a label. */
export interface VariableDescription {
  name: string;
  label: string;
  /** A `label_values(…)` query. */
  query: string;
}

/** The dashboards, by the end of their address. */
export const DASHBOARD_NAMES = ["application", "infrastructure", "load-balancer", "auto-scaling"] as const;
export type DashboardName = (typeof DASHBOARD_NAMES)[number];

/** A whole dashboard. */
export interface DashboardDescription {
  name: DashboardName;
  title: string;
  description: string;
  variables: VariableDescription[];
  rows: RowDescription[];
}

/** Address of a dashboard within Grafana. */
export function uidOf(name: DashboardName): string {
  return `testbro-${name}`;
}
