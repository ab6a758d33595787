import type * as pulumi from "@pulumi/pulumi";
import type { WorkloadOverrides } from "../workload";
import type { Severity } from "./rules";

/** What every way of telling people has. */
interface Receiver {
  /** Name that `routes` use. @default kind and position, e.g. "slack-0" */
  name?: string;
}

/** A Slack channel. */
export interface SlackReceiver extends Receiver {
  /** The incoming webhook's address. Secret. */
  url: pulumi.Input<string>;
  /** @example "#alerts" */
  channel: string;
}

/** An address that gets Alertmanager's JSON. */
export interface WebhookReceiver extends Receiver {
  /** Treated as a secret. */
  url: pulumi.Input<string>;
}

/** Mail to some people. */
export interface EmailReceiver extends Receiver {
  /** Who gets it. */
  to: string[];
  /** Who it is from. */
  from: string;
  /** Mail server with its port; on 465 TLS from the first byte, else STARTTLS. @example "smtp.example.org:587" */
  server: string;
  /** Name the server knows. @default none: the server takes mail without a login */
  user?: string;
  /** Its password. Secret. */
  password?: pulumi.Input<string>;
  /** Whether a server without TLS is refused; on 465 it always is. @default true */
  requireTls?: boolean;
}

/** Who is told of alerts. At least one receiver. */
export interface AlertingOptions {
  /** Image with Alertmanager. */
  image: pulumi.Input<string>;
  /** Slack channels. @default [] */
  slack?: SlackReceiver[];
  /** Webhooks. @default [] */
  webhooks?: WebhookReceiver[];
  /** Mail. @default [] */
  email?: EmailReceiver[];
  /** Who is told of a severity, by receivers' names. @default every receiver of every severity @example { critical: ["on-call", "team"], warning: ["team"] } */
  routes?: Partial<Record<Severity, string[]>>;
  /** Seconds to wait for more alerts of a group before telling. @default 10 */
  groupWait?: number;
  /** Seconds before what is new in a group already told, or over, is told. @default 60 */
  groupInterval?: number;
  /** Seconds after which an alert that still fires is told again. @default 14400 */
  repeatInterval?: number;
  /** HTTP path prefix of its pages. @default "/alertmanager" */
  pathPrefix?: string;
  /** Any field of the workload, laid over everything above. */
  workload?: WorkloadOverrides;
}

/** What can be said of alerting without knowing the image. */
export type Receivers = Pick<AlertingOptions, "slack" | "webhooks" | "email" | "routes" | "groupWait" | "groupInterval" | "repeatInterval">;

/** The kinds of receivers, by the key of their list, with the start of their default names. */
export const RECEIVER_KINDS = { slack: "slack", webhooks: "webhook", email: "email" } as const;
export type ReceiverKind = keyof typeof RECEIVER_KINDS;

/** One receiver with its name and its place. */
export interface NamedReceiver {
  kind: ReceiverKind;
  index: number;
  name: string;
}

/** Every receiver by name, in the order of their kinds. */
export function namedReceivers(receivers: Receivers): NamedReceiver[] {
  return (Object.keys(RECEIVER_KINDS) as ReceiverKind[]).flatMap((kind) =>
    (receivers[kind] ?? []).map(({ name }, index) => ({ kind, index, name: name ?? `${RECEIVER_KINDS[kind]}-${index}` })),
  );
}
