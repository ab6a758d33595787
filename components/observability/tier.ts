import { basename } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import type { Platform, Running } from "../platform";
import {
  describeProblems,
  metricsTarget,
  onlyPorts,
  SEGMENTS,
  type MetricsTarget,
  type Ref,
  type Secret,
  type Workload,
} from "../workload";
import type { AlertingOptions } from "./alerting-options";
import { ALERTMANAGER_PORT, alertmanagerWorkload } from "./alertmanager";
import { secretPath } from "./alertmanager-config";
import { builtinRules } from "./builtin";
import { checkObservability } from "./check";
import { prometheusConfig, toYaml, type Around } from "./config";
import { NODE_EXPORTER_PORT, nodeExporterWorkload, BLACKBOX_PORT, blackboxWorkload } from "./exporters";
import { GRAFANA_PASSWORD, GRAFANA_PORT, grafanaWorkload } from "./grafana";
import { settingsOf, type ObservabilityOptions, type ObservabilityRefs, type Settings } from "./options";
import { PROMETHEUS_PORT, prometheusWorkload } from "./prometheus";
import { ruleFile } from "./rules";

/**
 * Prometheus, which scrapes every replica of every target and evaluates the alert rules; Alertmanager where somebody is to be told;
 * exporters that watch the nodes and the public addresses; Grafana, where its image is given. None publishes a port: what has pages is reached through the balancer under
 * its path prefix.
 * @example
 * const refs = ObservabilityTier.declare(platform);
 * const app = new AppTier("app", { …, scraper: refs.prometheus });
 * new ObservabilityTier("observability", { platform, refs, image, targets: [...app.targets, ...data.targets] });
 */
export class ObservabilityTier extends pulumi.ComponentResource {
  readonly refs: ObservabilityRefs;
  /** Prometheus that runs. */
  readonly prometheus: Running;
  /** What runs beside it: Alertmanager and the exporters, as far as they were asked for. */
  readonly others: Running[] = [];
  /** Everything that is scraped, what this tier adds included. */
  readonly targets: MetricsTarget[];

  /** Names all workloads without creating anything, so that others can name Prometheus as their scraper first. */
  static declare(platform: Platform): ObservabilityRefs {
    return {
      prometheus: platform.declare("prometheus", { ports: { http: PROMETHEUS_PORT }, segment: SEGMENTS.monitoring }),
      // It has to reach the receivers outside, which only the edge can.
      alertmanager: platform.declare("alertmanager", { ports: { http: ALERTMANAGER_PORT }, segment: SEGMENTS.edge }),
      nodeExporter: (platform.nodes?.platform ?? platform).declare("node-exporter", {
        ports: { metrics: platform.nodes?.port ?? NODE_EXPORTER_PORT },
        segment: SEGMENTS.monitoring,
      }),
      grafana: platform.declare("grafana", { ports: { http: GRAFANA_PORT }, segment: SEGMENTS.edge }),
      blackbox: platform.declare("blackbox", { ports: { http: BLACKBOX_PORT }, segment: SEGMENTS.monitoring }),
    };
  }

  /** @throws pulumi.ResourceError with every problem of the options and of all workloads at once, before anything is created */
  constructor(name: string, options: ObservabilityOptions, opts?: pulumi.ComponentResourceOptions) {
    super("testbro:observability:ObservabilityTier", name, {}, opts);
    const { platform, alerting } = options;
    this.refs = options.refs ?? ObservabilityTier.declare(platform);
    const { prometheus, alertmanager } = this.refs;
    const settings = settingsOf(options);
    const problems = checkObservability(name, options, settings);
    // Broken targets or sizes cannot be rendered, so nothing more can be checked.
    if (problems.length > 0) throw new pulumi.ResourceError(describeProblems(problems), this);

    const parts = this.parts(options, settings);
    const own: MetricsTarget = { tier: "observability", ref: prometheus, port: "http", path: `${settings.pathPrefix}/metrics`, minimum: 0 };
    this.targets = [
      ...options.targets,
      own,
      ...parts.map(({ ref, workload }) => metricsTarget("observability", ref, workload)).filter((target) => target !== undefined),
    ];

    const probes = options.exporters?.probes;
    const watched = parts.some(({ ref }) => ref === this.refs.nodeExporter) ? platform.nodes : undefined;
    const around: Around = {
      ...(alerting
        ? { alertmanager: { host: alertmanager.host, port: ALERTMANAGER_PORT, pathPrefix: alerting.pathPrefix ?? "/alertmanager" } }
        : {}),
      ...(probes ? { probing: { blackbox: this.refs.blackbox, options: probes } } : {}),
      ...(watched ? { nodes: { exporter: this.refs.nodeExporter, metrics: watched.metrics } } : {}),
    };
    const config = prometheusConfig(this.targets, settings, around);
    const rules = ruleFile([...builtinRules(this.targets, settings, around), ...(options.rules ?? [])], settings.runbooks);
    const scrapes = this.targets
      .filter(({ ref, part }) => ref.fullName !== prometheus.fullName && part === undefined)
      // It answers at its node's address then.
      .filter(({ ref }) => !watched || ref !== this.refs.nodeExporter)
      .map(({ ref, port }) => onlyPorts(ref, [port]));
    const ports = watched ? [...new Set([watched.port, ...watched.metrics.map(({ port }) => port)])] : [];
    const workload = prometheusWorkload(options, settings, { config: toYaml(config), rules: toYaml(rules) }, scrapes, ports);
    const unsound = [{ ref: prometheus, workload }, ...parts].flatMap((part) =>
      this.under(platform, part.ref).problems(part.ref, part.workload),
    );
    if (unsound.length > 0) throw new pulumi.ResourceError(describeProblems(unsound), this);

    this.prometheus = platform.run(prometheus, workload, { parent: this });
    for (const part of parts) {
      const secrets = {
        ...(part.ref === alertmanager && alerting ? this.receiverSecrets(options, alerting) : {}),
        ...(part.ref === this.refs.grafana ? this.grafanaSecrets(options) : {}),
        ...part.workload.secrets,
      };
      this.others.push(this.under(platform, part.ref).run(part.ref, { ...part.workload, secrets }, { parent: this }));
    }
    this.registerOutputs({ prometheus: prometheus.fullName });
  }

  /** Alertmanager that runs, where alerting was asked for. */
  get alertmanager(): Running | undefined {
    return this.others.find(({ ref }) => ref === this.refs.alertmanager);
  }

  /** Where a part runs. */
  private under(platform: Platform, ref: Ref): Platform {
    return ref === this.refs.nodeExporter && platform.nodes ? platform.nodes.platform : platform;
  }

  /** What was asked for beside Prometheus. */
  private parts(options: ObservabilityOptions, settings: Settings): { ref: Ref; workload: Workload }[] {
    const { alerting, exporters, grafana } = options;
    const { prometheus, alertmanager, nodeExporter, blackbox } = this.refs;
    return [
      ...(alerting
        ? [
            {
              ref: alertmanager,
              workload: alertmanagerWorkload(
                alerting,
                this.addressOf(options, alerting.pathPrefix ?? "/alertmanager", alertmanager),
                prometheus,
              ),
            },
          ]
        : []),
      ...(exporters && exporters.nodes !== false
        ? [
            {
              ref: nodeExporter,
              workload: nodeExporterWorkload(exporters, nodeExporter, prometheus, options.platform.nodes !== undefined),
            },
          ]
        : []),
      ...(exporters?.probes ? [{ ref: blackbox, workload: blackboxWorkload(exporters, exporters.probes, prometheus) }] : []),
      ...(grafana
        ? [
            {
              ref: this.refs.grafana,
              workload: grafanaWorkload(
                grafana,
                settings,
                this.addressOf(options, grafana.pathPrefix ?? "/grafana", this.refs.grafana),
                prometheus,
              ),
            },
          ]
        : []),
    ];
  }

  /** The address people reach a part at: on Prometheus' host, under its own prefix. Alertmanager refuses one without a scheme. */
  private addressOf(options: ObservabilityOptions, prefix: string, ref: Ref): pulumi.Input<string> {
    const inside = `http://${ref.host}:${ref.ports["http"]}${prefix}`;
    if (options.externalUrl === undefined) return inside;
    return pulumi.output(options.externalUrl).apply((url) => (URL.canParse(url) ? `${new URL(url).origin}${prefix}` : inside));
  }

  /** Grafana's own user; who comes through the balancer needs none to look. */
  private grafanaSecrets({ platform, grafana }: ObservabilityOptions): NonNullable<Workload["secrets"]> {
    const password =
      grafana?.adminPassword ??
      new random.RandomPassword(`${this.refs.grafana.fullName}-admin`, { length: 32, special: false }, { parent: this }).result;
    return { [GRAFANA_PASSWORD]: platform.secret("grafana-admin-password", pulumi.secret(password), { parent: this }) };
  }

  /** What is secret about the receivers, by the file it is read from. */
  private receiverSecrets({ platform }: ObservabilityOptions, alerting: AlertingOptions): NonNullable<Workload["secrets"]> {
    const values: [string, pulumi.Input<string> | undefined][] = [
      ...(alerting.slack ?? []).map(({ url }, index): [string, pulumi.Input<string>] => [secretPath("slack", index), url]),
      ...(alerting.webhooks ?? []).map(({ url }, index): [string, pulumi.Input<string>] => [secretPath("webhooks", index), url]),
      ...(alerting.email ?? []).map(({ password }, index): [string, pulumi.Input<string> | undefined] => [
        secretPath("email", index),
        password,
      ]),
    ];
    const secrets: Record<string, Secret> = {};
    for (const [path, value] of values) {
      if (value === undefined) continue;
      secrets[path] = platform.secret(`alertmanager-${basename(path)}`, pulumi.secret(value), { parent: this });
    }
    return secrets;
  }
}
