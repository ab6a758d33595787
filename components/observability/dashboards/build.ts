import {
  AxisPlacement,
  GraphDrawStyle,
  GraphThresholdsStyleMode,
  LegendDisplayMode,
  LegendPlacement,
  SortOrder,
  StackingMode,
  TooltipDisplayMode,
  VisibilityMode,
  type DataSourceRef,
} from "@grafana/grafana-foundation-sdk/common";
import * as common from "@grafana/grafana-foundation-sdk/common";
import type { Builder } from "@grafana/grafana-foundation-sdk/cog";
import {
  AnnotationQueryBuilder,
  DashboardBuilder,
  DashboardCursorSync,
  DashboardLinkBuilder,
  DashboardLinkType,
  QueryVariableBuilder,
  RowBuilder,
  ThresholdsConfigBuilder,
  ThresholdsMode,
  VariableRefresh,
  VariableSort,
  type Dashboard,
  type Panel,
} from "@grafana/grafana-foundation-sdk/dashboard";
import { DataqueryBuilder, PromQueryFormat } from "@grafana/grafana-foundation-sdk/prometheus";
import { PanelBuilder as StatPanelBuilder } from "@grafana/grafana-foundation-sdk/stat";
import { PanelBuilder as StatesPanelBuilder } from "@grafana/grafana-foundation-sdk/statetimeline";
import { PanelBuilder as TablePanelBuilder } from "@grafana/grafana-foundation-sdk/table";
import { PanelBuilder as SeriesPanelBuilder } from "@grafana/grafana-foundation-sdk/timeseries";
import { uidOf, UNITS, type DashboardDescription, type Limits, type PanelDescription, type VariableDescription } from "./describe";

/** The provisioned Prometheus. */
export const DATA_SOURCE: DataSourceRef = { type: "prometheus", uid: "prometheus" };

/** Every dashboard carries it, so that they find each other. */
const TAG = "testbro";

/** Grafana's grid has 24 columns. */
const WIDTH = { stat: 4, series: 12, table: 12, states: 24 } as const;
const HEIGHT = { stat: 4, series: 8, table: 8, states: 6 } as const;

/** What dashboards need to know of the stack. */
export interface Surroundings {
  /** Where runbooks are published; links need an address, so a path in the repository gives none. */
  runbooks: string;
  /** Seconds between two scrapes: the shortest step that makes sense. */
  scrapeInterval: number;
}

/** What all kinds of panels have in common. */
type AnyPanel = SeriesPanelBuilder | StatPanelBuilder | TablePanelBuilder | StatesPanelBuilder;

function thresholds({ warning, critical, bad = "above" }: Limits): ThresholdsConfigBuilder {
  const steps =
    bad === "above"
      ? [
          { value: null, color: "green" },
          { value: warning, color: "yellow" },
          { value: critical, color: "red" },
        ]
      : [
          { value: null, color: "red" },
          { value: critical, color: "yellow" },
          { value: warning, color: "green" },
        ];
  return new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps(steps);
}

function bare({ kind, limits, stacked }: PanelDescription): AnyPanel {
  if (kind === "stat") return new StatPanelBuilder();
  if (kind === "table") return new TablePanelBuilder();
  if (kind === "states") return new StatesPanelBuilder();
  const panel = new SeriesPanelBuilder()
    .drawStyle(GraphDrawStyle.Line)
    .lineWidth(1)
    .fillOpacity(stacked ? 30 : 5)
    .showPoints(VisibilityMode.Never)
    .axisPlacement(AxisPlacement.Auto)
    .axisSoftMin(0)
    .legend(
      new common.VizLegendOptionsBuilder()
        .displayMode(LegendDisplayMode.Table)
        .placement(LegendPlacement.Bottom)
        .showLegend(true)
        .calcs(["lastNotNull", "max"]),
    )
    .tooltip(new common.VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi).sort(SortOrder.Descending));
  if (stacked) panel.stacking(new common.StackingConfigBuilder().mode(StackingMode.Normal));
  if (limits) panel.thresholdsStyle(new common.GraphThresholdsStyleConfigBuilder().mode(GraphThresholdsStyleMode.Dashed));
  return panel;
}

function query({ kind }: PanelDescription, { expr, legend }: PanelDescription["queries"][number], index: number): DataqueryBuilder {
  const made = new DataqueryBuilder()
    .datasource(DATA_SOURCE)
    .refId(String.fromCharCode("A".charCodeAt(0) + index))
    .expr(expr)
    .legendFormat(legend);
  if (kind === "stat") return made.instant();
  if (kind === "table") return made.instant().format(PromQueryFormat.Table);
  return made.range();
}

/** An address of a runbook; undefined where runbooks are not published. */
function runbookLink(runbooks: string, page: string): DashboardLinkBuilder | undefined {
  if (!URL.canParse(runbooks)) return undefined;
  return new DashboardLinkBuilder("What to do").type(DashboardLinkType.Link).url(`${runbooks}/${page}`).targetBlank(true);
}

function panelOf(description: PanelDescription, { runbooks, scrapeInterval }: Surroundings): Builder<Panel> {
  const { kind, title, unit, queries, limits, runbook, more } = description;
  const panel = bare(description)
    .title(title)
    .description(description.description)
    .datasource(DATA_SOURCE)
    .unit(UNITS[unit])
    .interval(`${scrapeInterval}s`)
    .span(WIDTH[kind])
    .height(HEIGHT[kind]);
  if (limits) panel.thresholds(thresholds(limits));
  for (const [index, each] of queries.entries()) panel.withTarget(query(description, each, index));
  if (more) {
    const variables = Object.entries(more.variables).map(([variable, label]) => `var-${variable}=\${__field.labels.${label}}`);
    const url = `/d/${uidOf(more.dashboard)}?${[...variables, "${__url_time_range}"].join("&")}`;
    panel.dataLinks([new DashboardLinkBuilder(`More: ${more.dashboard}`).type(DashboardLinkType.Link).url(url)]);
  }
  const link = runbook === undefined ? undefined : runbookLink(runbooks, runbook);
  if (link) panel.links([link]);
  return panel;
}

function variableOf({ name, label, query: values }: VariableDescription): QueryVariableBuilder {
  return new QueryVariableBuilder(name)
    .label(label)
    .datasource(DATA_SOURCE)
    .query(values)
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .sort(VariableSort.AlphabeticalAsc)
    .multi(true)
    .includeAll(true)
    .allValue(".*")
    .current({ selected: true, text: "All", value: "$__all" });
}

/** Firing alerts as marks on every panel. */
function alertMarks(): AnnotationQueryBuilder {
  return new AnnotationQueryBuilder()
    .name("Alerts")
    .datasource(DATA_SOURCE)
    .enable(true)
    .iconColor("red")
    .expr('ALERTS{alertstate="firing"}')
    .titleFormat("{{alertname}}")
    .textFormat("{{workload}} {{service}} {{severity}}")
    .step("30s");
}

/** The dashboard in Grafana's own form. */
export function buildDashboard(description: DashboardDescription, surroundings: Surroundings): Dashboard {
  const builder = new DashboardBuilder(description.title)
    .uid(uidOf(description.name))
    .description(description.description)
    .tags([TAG])
    .readonly()
    .tooltip(DashboardCursorSync.Crosshair)
    .time({ from: "now-1h", to: "now" })
    .refresh("30s")
    .timezone("browser")
    .link(new DashboardLinkBuilder("Dashboards").type(DashboardLinkType.Dashboards).tags([TAG]).keepTime(true).includeVars(true))
    .annotation(alertMarks());
  const runbooks = runbookLink(surroundings.runbooks, "README.md");
  if (runbooks) builder.link(runbooks.title("Runbooks"));
  for (const variable of description.variables) builder.withVariable(variableOf(variable));
  for (const { title, panels } of description.rows) {
    builder.withRow(new RowBuilder(title));
    for (const panel of panels) builder.withPanel(panelOf(panel, surroundings));
  }
  return builder.build();
}
