import { isIP } from "node:net";
import type { Check } from "./check";
import { checkedUpstreams, HEALTH_CHECK_DEFAULTS, type HealthCheckOptions } from "./health-checks";
import { targetsOf, type NginxOptions, type ProxyRoute } from "./options";

function checkQuestion(check: Check, question: HealthCheckOptions): void {
  const kinds = ["path", "tcp"].filter((key) => key in question);
  if (kinds.length !== 1) {
    check.report(kinds.length === 0 ? "says not what to ask" : "asks for both path and tcp", 'give { path: "/health" } or { tcp: true }');
  }
  if ("path" in question) {
    check.at("path").matches(question.path, /^\/[\x21-\x7e]*$/, 'a path that starts with "/"', "/health/ready");
    if (question.host !== undefined) check.at("host").host(question.host, false);
  }
}

/** Every problem of a route's health check. */
export function checkHealthCheck(check: Check, route: ProxyRoute): void {
  const { healthCheck } = route;
  if (!healthCheck) return;
  checkQuestion(check, healthCheck);
  check.at("interval").whole(healthCheck.interval, 1, 3600);
  check.at("timeout").whole(healthCheck.timeout, 1, 60);
  check.at("failures").whole(healthCheck.failures, 1, 100);
  check.at("successes").whole(healthCheck.successes, 1, 100);
  const { initial, max } = { ...HEALTH_CHECK_DEFAULTS.backoff, ...healthCheck.backoff };
  check.at("backoff.initial").whole(initial, 1, 3600);
  check.at("backoff.max").whole(max, 1, 3600);
  if (initial > max) check.at("backoff.max").report(`${max} is below the initial ${initial} s`, `give ${initial} or more`);
  if (targetsOf(route).every(({ host }) => isIP(host) !== 0)) {
    check.report("the route leads to addresses only, and a replica is left out of the answer to a name", "give the target a name");
  }
}

/** Routes that lead to one name and port ask it the same, because nginx knows the name only once. */
export function checkSameQuestions(check: Check, options: NginxOptions): void {
  const first = new Map<string, { route: string; text: string }>();
  for (const { route, upstream } of checkedUpstreams(options.routes)) {
    const key = `${upstream.host}:${upstream.port}`;
    const text = JSON.stringify(upstream);
    const known = first.get(key) ?? { route, text };
    first.set(key, known);
    if (known.text === text) continue;
    const index = options.routes.findIndex(({ name }) => name === route);
    check
      .at("routes")
      .at(index)
      .at("healthCheck")
      .report(`${key} is asked otherwise by route "${known.route}"`, "give both the same healthCheck, or leave it out of one");
  }
}
