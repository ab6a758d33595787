import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import type { Platform, Running } from "../platform";
import { describeProblems, metricsTarget, SEGMENTS, type MetricsTarget, type Secret } from "../workload";
import { checkAutoScaler } from "./check";
import { AUTOSCALER_PORTS, ENGINE_SEGMENT, GATE_PORTS, type AutoScalerOptions, type AutoScalerRefs } from "./options";
import { autoscalerWorkload, gateWorkload, type AutoScalerSecrets } from "./workloads";

/** Characters of a token, of 62 kinds: 190 bits. */
const TOKEN_LENGTH = 32;

/**
 * The auto-scaler of a Swarm, and the gate through which alone it reaches the engine. It scales every service of the platform whose
 * scale is given as bounds (labels `autoscaler.*`).
 * @example
 * const refs = AutoScaler.declare(platform);
 * new AutoScaler("autoscaler", { platform, refs, image, engineGroup: 999, prometheus: { ref: observability.prometheus } });
 */
export class AutoScaler extends pulumi.ComponentResource {
  readonly refs: AutoScalerRefs;
  /** The auto-scaler that runs. */
  readonly autoscaler: Running;
  /** The gate that runs. */
  readonly gate: Running;
  /** What a scraper reads. */
  readonly targets: MetricsTarget[];
  /** Bearer token for pausing on the status page and over the API. Secret. */
  readonly token: pulumi.Output<string>;

  /**
   * Names both workloads without creating anything, so that the balancer can route to the status page.
   * @param outside whether it has to reach the internet, which telling Slack needs. @default false
   */
  static declare(platform: Platform, { outside = false }: { outside?: boolean } = {}): AutoScalerRefs {
    return {
      autoscaler: platform.declare("autoscaler", {
        ports: { ...AUTOSCALER_PORTS },
        segment: outside ? SEGMENTS.edge : SEGMENTS.monitoring,
      }),
      gate: platform.declare("engine-gate", { ports: { ...GATE_PORTS }, segment: ENGINE_SEGMENT }),
    };
  }

  /** @throws pulumi.ResourceError with every problem of the options and of both workloads at once, before anything is created */
  constructor(name: string, options: AutoScalerOptions, opts?: pulumi.ComponentResourceOptions) {
    super("testbro:autoscaling:AutoScaler", name, {}, opts);
    const { platform, slackWebhook } = options;
    this.refs = options.refs ?? AutoScaler.declare(platform, { outside: slackWebhook !== undefined });
    const { autoscaler, gate } = this.refs;

    const stand: Secret = { name: "checked before it is made" };
    const draft = { token: stand, gateToken: stand, ...(slackWebhook === undefined ? {} : { slack: stand }) };
    const problems = [
      ...checkAutoScaler(name, options),
      ...platform.problems(gate, gateWorkload(platform.prefix, options, draft)),
      ...platform.problems(autoscaler, autoscalerWorkload(this.refs, options, draft)),
    ];
    if (problems.length > 0) throw new pulumi.ResourceError(describeProblems(problems), this);

    const generated = (part: string) =>
      pulumi.secret(new random.RandomPassword(`${name}-${part}`, { length: TOKEN_LENGTH, special: false }, { parent: this }).result);
    this.token = generated("token");
    const secret = (part: string, data: pulumi.Input<string>) => platform.secret(`${autoscaler.name}-${part}`, data, { parent: this });
    const secrets: AutoScalerSecrets = {
      token: secret("token", this.token),
      gateToken: secret("gate-token", generated("gate-token")),
      ...(slackWebhook === undefined ? {} : { slack: secret("slack-webhook", pulumi.secret(slackWebhook)) }),
    };

    this.gate = platform.run(gate, gateWorkload(platform.prefix, options, secrets), { parent: this });
    const workload = autoscalerWorkload(this.refs, options, secrets);
    // It is asked first when both go: while the gate still answers, the lease can be given back.
    this.autoscaler = platform.run(autoscaler, workload, { parent: this, dependsOn: [this.gate.resource] });
    this.targets = [metricsTarget("autoscaling", autoscaler, workload)].filter((target) => target !== undefined);
    this.registerOutputs({ autoscaler: autoscaler.fullName, gate: gate.fullName });
  }
}
