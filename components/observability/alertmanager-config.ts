import { namedReceivers, type EmailReceiver, type NamedReceiver, type ReceiverKind, type Receivers } from "./alerting-options";
import { SEVERITIES, type Severity } from "./rules";

/** Alerts that explain others: who is told of the first needs no second. */
export const INHIBITIONS: readonly { source: string; targets: readonly string[]; equal: readonly string[] }[] = [
  { source: "ServiceNotReady", targets: ["ReplicaNotReady", "HighErrorRatio"], equal: ["workload"] },
  { source: "AvailabilityBurnsFast", targets: ["AvailabilityBurns", "AvailabilityBurnsSlowly"], equal: ["workload"] },
  { source: "AvailabilityBurns", targets: ["AvailabilityBurnsSlowly"], equal: ["workload"] },
  { source: "LatencyBurnsFast", targets: ["LatencyBurns", "LatencyBurnsSlowly"], equal: ["workload"] },
  { source: "LatencyBurns", targets: ["LatencyBurnsSlowly"], equal: ["workload"] },
  { source: "DiskFull", targets: ["DiskFilling"], equal: ["replica"] },
  { source: "AcmeCertificateMissing", targets: ["AcmeFails"], equal: ["workload", "certificate"] },
  { source: "ReplicasBelowMinimum", targets: ["TargetDown"], equal: ["workload"] },
  { source: "RouteWithoutUpstream", targets: ["RouteErrorRatioHigh", "UpstreamReplicaFailing"], equal: ["workload", "route"] },
];

const SECRETS = "/run/secrets";

/** File of what is secret about a receiver: its address, or its password. */
export function secretPath(kind: ReceiverKind, index: number): string {
  return {
    slack: `${SECRETS}/slack-url-${index}`,
    webhooks: `${SECRETS}/webhook-url-${index}`,
    email: `${SECRETS}/email-password-${index}`,
  }[kind];
}

const TITLE = "[{{ .Status | toUpper }}] {{ .CommonLabels.alertname }} {{ .CommonLabels.workload }}";
const TEXT =
  "{{ range .Alerts }}{{ .Annotations.summary }}\n{{ .Annotations.description }}\n{{ with .Annotations.runbook_url }}{{ . }}\n{{ end }}{{ end }}";

/** Port on which a mail server speaks TLS from the first byte (RFC 8314, 3.3): Alertmanager does so there by itself. */
const IMPLICIT_TLS = ":465";

function emailConfig({ to, from, server, user, requireTls = true }: EmailReceiver, index: number): object {
  return {
    to: to.join(", "),
    from,
    smarthost: server,
    ...(user === undefined ? {} : { auth_username: user, auth_password_file: secretPath("email", index) }),
    // It means STARTTLS, which a server does not offer within TLS: wanted there, no mail would be delivered.
    require_tls: requireTls && !server.endsWith(IMPLICIT_TLS),
    send_resolved: true,
    headers: { Subject: TITLE },
    text: TEXT,
  };
}

/** Alertmanager's name for a set of receivers, and what is in it. */
function receiver(name: string, told: readonly NamedReceiver[], receivers: Receivers): object {
  const of = (kind: ReceiverKind) => told.filter((each) => each.kind === kind).map(({ index }) => index);
  const configs = {
    slack_configs: of("slack").map((index) => ({
      api_url_file: secretPath("slack", index),
      channel: receivers.slack?.[index]?.channel,
      send_resolved: true,
      title: TITLE,
      text: TEXT,
    })),
    webhook_configs: of("webhooks").map((index) => ({ url_file: secretPath("webhooks", index), send_resolved: true })),
    email_configs: (receivers.email ?? []).flatMap((each, index) => (of("email").includes(index) ? [emailConfig(each, index)] : [])),
  };
  return { name, ...Object.fromEntries(Object.entries(configs).filter(([, list]) => list.length > 0)) };
}

/** Who is told of a severity. */
function toldOf(severity: Severity, receivers: Receivers): NamedReceiver[] {
  const names = receivers.routes?.[severity];
  return namedReceivers(receivers).filter(({ name }) => names?.includes(name) ?? true);
}

/**
 * Alertmanager's configuration; what is secret is read from files. One route a severity; an alert of any other goes to everybody.
 * A group is one alert of one workload, so that ten replicas with the same trouble are one message.
 */
export function alertmanagerConfig(receivers: Receivers): object {
  return {
    route: {
      receiver: "everyone",
      group_by: ["alertname", "workload"],
      group_wait: `${receivers.groupWait ?? 10}s`,
      group_interval: `${receivers.groupInterval ?? 60}s`,
      repeat_interval: `${receivers.repeatInterval ?? 14400}s`,
      routes: SEVERITIES.map((severity) => ({ receiver: severity, matchers: [`severity="${severity}"`] })),
    },
    inhibit_rules: INHIBITIONS.map(({ source, targets, equal }) => ({
      source_matchers: [`alertname="${source}"`],
      target_matchers: [`alertname=~"${targets.join("|")}"`],
      equal,
    })),
    receivers: [
      receiver("everyone", namedReceivers(receivers), receivers),
      ...SEVERITIES.map((severity) => receiver(severity, toldOf(severity, receivers), receivers)),
    ],
  };
}
