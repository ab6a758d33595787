import type { Problem } from "../workload";
import { namedReceivers, type AlertingOptions, type EmailReceiver, type Receivers } from "./alerting-options";
import { SEVERITIES } from "./rules";

type Report = (path: string, message: string, fix: string) => void;

/** One `@` between a name and a host (enough to catch a slip; only the server knows who exists). */
const MAIL = /^[^\s@<>,]+@[^\s@<>,]+$/;
const RECEIVER_NAME = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

/** Reports a path prefix that Prometheus and the balancer would not agree on. */
export function checkPrefix(report: Report, path: string, prefix: string): void {
  if (/^(\/[A-Za-z0-9._~-]+)+$/.test(prefix)) return;
  report(path, `"${prefix}" is not a path prefix`, 'start it with / and do not end it with one, e.g. "/prometheus"');
}

/** Reports what is no address. Its value may be a secret, so it is not repeated. */
export function checkUrl(report: Report, path: string, url: unknown): void {
  // An Output cannot be looked at here; a plain string can.
  if (typeof url !== "string") return;
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed && ["http:", "https:"].includes(parsed.protocol)) return;
  report(path, "is not an http or https address", 'e.g. "https://alerts.example.org/hook"');
}

function checkEmail(report: Report, at: string, { to, from, server, user, password }: EmailReceiver): void {
  if (to.length === 0) report(`${at}.to`, "names nobody", 'e.g. ["on-call@example.org"]');
  to.forEach((address, index) => {
    if (!MAIL.test(address)) report(`${at}.to[${index}]`, `"${address}" is not a mail address`, 'e.g. "on-call@example.org"');
  });
  if (!MAIL.test(from)) report(`${at}.from`, `"${from}" is not a mail address`, 'e.g. "alerts@example.org"');
  const port = Number(/^[a-zA-Z0-9.-]+:(\d{1,5})$/.exec(server)?.[1]);
  if (!(port >= 1 && port <= 65535)) report(`${at}.server`, `"${server}" is not a host with a port`, 'e.g. "smtp.example.org:587"');
  if ((user === undefined) !== (password === undefined)) {
    report(user === undefined ? `${at}.user` : `${at}.password`, "is missing", "give both user and password, or neither");
  }
}

function checkRoutes(report: Report, name: string, receivers: Receivers): void {
  const named = namedReceivers(receivers);
  const known = new Set<string>();
  for (const { kind, index, name: each } of named) {
    const at = `${name}.${kind}[${index}].name`;
    if (!RECEIVER_NAME.test(each)) report(at, `"${each}" is not of lower-case letters, digits and hyphens`, 'e.g. "on-call"');
    else if (known.has(each)) report(at, `"${each}" is another receiver's name`, "give each its own");
    known.add(each);
  }
  const { routes } = receivers;
  if (!routes) return;
  const used = new Set<string>();
  for (const severity of SEVERITIES) {
    const told = routes[severity];
    if (told === undefined) continue;
    const at = `${name}.routes.${severity}`;
    if (told.length === 0) report(at, "names nobody", "name a receiver, or leave it out: then all are told");
    told.forEach((each, index) => {
      used.add(each);
      if (!known.has(each)) report(`${at}[${index}]`, `"${each}" is not a receiver`, `write one of ${[...known].join(", ")}`);
    });
  }
  // A severity without a route goes to everybody.
  if (SEVERITIES.some((severity) => routes[severity] === undefined)) return;
  for (const { kind, index, name: each } of named) {
    if (!used.has(each)) report(`${name}.${kind}[${index}]`, `"${each}" is told of nothing`, "name it in routes, or remove it");
  }
}

/** Everything wrong with who is told of alerts. @param name start of the problems' paths */
export function checkAlerting(name: string, alerting: Omit<AlertingOptions, "image">): Problem[] {
  const problems: Problem[] = [];
  const report: Report = (path, message, fix) => problems.push({ path, message, fix });
  const { slack = [], webhooks = [], email = [] } = alerting;
  if (slack.length + webhooks.length + email.length === 0) {
    report(name, "names no receiver, so nobody would be told", "give slack, webhooks or email, or leave alerting out");
  }
  slack.forEach(({ url, channel }, index) => {
    checkUrl(report, `${name}.slack[${index}].url`, url);
    if (!/^[#@]?[a-z0-9][a-z0-9._-]*$/.test(channel)) {
      report(`${name}.slack[${index}].channel`, `"${channel}" is not a channel`, 'e.g. "#alerts"');
    }
  });
  webhooks.forEach(({ url }, index) => checkUrl(report, `${name}.webhooks[${index}].url`, url));
  email.forEach((receiver, index) => checkEmail(report, `${name}.email[${index}]`, receiver));
  checkRoutes(report, name, alerting);
  for (const key of ["groupWait", "groupInterval", "repeatInterval"] as const) {
    const seconds = alerting[key];
    if (seconds !== undefined && !(Number.isInteger(seconds) && seconds >= 1)) {
      report(`${name}.${key}`, `${seconds} is not a whole number of seconds above 0`, "e.g. 10");
    }
  }
  if (alerting.pathPrefix !== undefined) checkPrefix(report, `${name}.pathPrefix`, alerting.pathPrefix);
  return problems;
}
