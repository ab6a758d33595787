import { basename } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import type { Platform, Running } from "../platform";
import { describeProblems, metricsTarget, onlyPorts, SEGMENTS, type MetricsTarget, type Secret, type Workload } from "../workload";
import type { AlertingOptions } from "./alerting-options";
import { ALERTMANAGER_PORT, alertmanagerWorkload } from "./alertmanager";
import { secretPath } from "./alertmanager-config";
import { builtinRules } from "./builtin";
import { checkObservability } from "./check";
import { prometheusConfig, toYaml } from "./config";
import { settingsOf, type ObservabilityOptions, type ObservabilityRefs } from "./options";
import { PROMETHEUS_PORT, prometheusWorkload } from "./prometheus";
import { ruleFile } from "./rules";

/**
 * Prometheus, which scrapes every replica of every target and evaluates the alert rules, and Alertmanager where somebody is
 * to be told. Neither publishes a port: both are reached through the balancer under their path prefix.
 * @example
 * const refs = ObservabilityTier.declare(platform);
 * const app = new AppTier("app", { …, scraper: refs.prometheus });
 * new ObservabilityTier("observability", { platform, refs, image, targets: [...app.targets, ...data.targets] });
 */
export class ObservabilityTier extends pulumi.ComponentResource {
  readonly refs: ObservabilityRefs;
  /** Prometheus that runs. */
  readonly prometheus: Running;
  /** Alertmanager that runs, where alerting was asked for. */
  readonly alertmanager: Running | undefined;
  /** Everything that is scraped, Prometheus and Alertmanager included. */
  readonly targets: MetricsTarget[];

  /** Names both workloads without creating anything, so that others can name Prometheus as their scraper first. */
  static declare(platform: Platform): ObservabilityRefs {
    return {
      prometheus: platform.declare("prometheus", { ports: { http: PROMETHEUS_PORT }, segment: SEGMENTS.monitoring }),
      // It has to reach the receivers outside, which only the edge can.
      alertmanager: platform.declare("alertmanager", { ports: { http: ALERTMANAGER_PORT }, segment: SEGMENTS.edge }),
    };
  }

  /** @throws pulumi.ResourceError with every problem of the options and of both workloads at once, before anything is created */
  constructor(name: string, options: ObservabilityOptions, opts?: pulumi.ComponentResourceOptions) {
    super("testbro:observability:ObservabilityTier", name, {}, opts);
    const { platform, alerting } = options;
    this.refs = options.refs ?? ObservabilityTier.declare(platform);
    const { prometheus, alertmanager } = this.refs;
    const settings = settingsOf(options);
    const problems = checkObservability(name, options, settings);
    // Broken targets or sizes cannot be rendered, so nothing more can be checked.
    if (problems.length > 0) throw new pulumi.ResourceError(describeProblems(problems), this);

    const told = alerting && alertmanagerWorkload(alerting, this.alertmanagerUrl(options, alerting), prometheus);
    const own: MetricsTarget = { tier: "observability", ref: prometheus, port: "http", path: `${settings.pathPrefix}/metrics`, minimum: 0 };
    const alertmanagerTarget = told && metricsTarget("observability", alertmanager, told);
    this.targets = [...options.targets, own, ...(alertmanagerTarget ? [alertmanagerTarget] : [])];

    const content = {
      config: toYaml(
        prometheusConfig(
          this.targets,
          settings,
          alerting && { host: alertmanager.host, port: ALERTMANAGER_PORT, pathPrefix: alerting.pathPrefix ?? "/alertmanager" },
        ),
      ),
      rules: toYaml(ruleFile([...builtinRules(this.targets, settings, told !== undefined), ...(options.rules ?? [])], settings.runbooks)),
    };
    const scrapes = this.targets
      .filter(({ ref, part }) => ref.fullName !== prometheus.fullName && part === undefined)
      .map(({ ref, port }) => onlyPorts(ref, [port]));
    const workload = prometheusWorkload(options, settings, content, scrapes);
    const unsound = [...platform.problems(prometheus, workload), ...(told ? platform.problems(alertmanager, told) : [])];
    if (unsound.length > 0) throw new pulumi.ResourceError(describeProblems(unsound), this);

    this.prometheus = platform.run(prometheus, workload, { parent: this });
    this.alertmanager =
      alerting &&
      told &&
      platform.run(alertmanager, { ...told, secrets: { ...this.receiverSecrets(options, alerting), ...told.secrets } }, { parent: this });
    this.registerOutputs({ prometheus: prometheus.fullName });
  }

  /** The address people reach Alertmanager at: on Prometheus' host, under its own prefix. It refuses one without a scheme. */
  private alertmanagerUrl(options: ObservabilityOptions, alerting: AlertingOptions): pulumi.Input<string> {
    const prefix = alerting.pathPrefix ?? "/alertmanager";
    const inside = `http://${this.refs.alertmanager.host}:${ALERTMANAGER_PORT}${prefix}`;
    if (options.externalUrl === undefined) return inside;
    return pulumi.output(options.externalUrl).apply((url) => (URL.canParse(url) ? `${new URL(url).origin}${prefix}` : inside));
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
