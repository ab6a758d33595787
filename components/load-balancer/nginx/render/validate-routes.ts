import { isIP } from "node:net";
import type { Check } from "./check";
import { COOKIE, NAME, RATE, SIZE } from "./check";
import type { AccessOptions } from "./access";
import { hashPattern } from "./api-key";
import type { HeaderOptions } from "./headers";
import { checkCache, checkCacheControl } from "./validate-caching";
import { checkFiles, checkVariants } from "./validate-files";
import { checkImages } from "./validate-images";
import type { RateLimit } from "./limits";
import {
  isFiles,
  isProxy,
  targetsOf,
  type FixedRoute,
  type ProxyRoute,
  type RedirectRoute,
  type Route,
  type StatusRoute,
  type Target,
} from "./options";
import type { Strategy } from "./upstreams";
import { checkHealthCheck } from "./validate-health-checks";

const STRATEGIES: Strategy[] = [
  "auto",
  "round-robin",
  "least-connections",
  "ip-hash",
  "weighted",
  "hash",
  "consistent-hash",
  "sticky-cookie",
];

const CAUSES = ["error", "timeout", "invalid_header", "http_500", "http_502", "http_503", "http_504", "http_429"];

/** Strategies for which nginx refuses `backup`. */
const WITHOUT_BACKUP: Strategy[] = ["ip-hash", "hash", "consistent-hash"];

/** Path nginx keeps for its own subrequests here. */
const RESERVED = "/.api-key/";

export function checkTarget(check: Check, target: Target): void {
  check.at("host").host(target.host, false);
  check.at("port").port(target.port);
  check.at("weight").whole(target.weight, 1, 1000);
}

function strategyOf(route: ProxyRoute): Strategy {
  return route.strategy ?? "round-robin";
}

function checkTargets(check: Check, route: ProxyRoute): void {
  const targets = targetsOf(route);
  const strategy = strategyOf(route);
  if (targets.length === 0) check.at("to").report("is empty, so nothing could answer", "give at least one target");
  else if (targets.every((target) => target.backup)) {
    check.at("to").report("has only backups", "leave `backup` out of at least one target");
  }
  for (const [index, target] of targets.entries()) {
    const at = Array.isArray(route.to) ? check.at("to").at(index) : check.at("to");
    checkTarget(at, target);
    if (target.backup && WITHOUT_BACKUP.includes(strategy)) {
      at.at("backup").report(
        `nginx cannot have a backup with strategy ${strategy}`,
        "leave it out (another replica of the same target takes over anyway), or use least-connections or sticky-cookie",
      );
    }
    if (target.weight !== undefined && strategy !== "weighted") {
      at.at("weight").report(`${target.weight} would mean nothing with strategy ${strategy}`, 'use strategy "weighted"');
    }
  }
  if (strategy === "weighted" && targets.filter((target) => !target.backup).length < 2) {
    check.at("to").report("strategy weighted needs two or more targets to split between", "add a target, or use another strategy");
  }
}

function checkProxy(check: Check, route: ProxyRoute): void {
  checkTargets(check, route);
  check.at("strategy").oneOf(route.strategy, STRATEGIES);
  check.at("maxFails").whole(route.maxFails, 0, 1000);
  check.at("failTimeout").whole(route.failTimeout, 1, 3600);
  if (route.strategy === "weighted" && route.stripPath) {
    check.at("stripPath").report("nginx cannot strip a path and choose the upstream by a variable at once", "strip it in the app");
  }
  if (strategyOf(route) === "consistent-hash" && targetsOf(route).length < 2) {
    check
      .at("strategy")
      .report("consistent-hash tells targets apart, not the replicas behind one name", 'use strategy "hash", or give several targets');
  }
  if (route.hashBy !== undefined && !["hash", "consistent-hash"].includes(strategyOf(route))) {
    check.at("hashBy").report(`means nothing with strategy ${strategyOf(route)}`, 'use strategy "hash", or leave it out');
  }
  check.at("split").oneOf(route.split, ["request", "client"]);
  if (typeof route.hashBy === "string") check.at("hashBy").oneOf(route.hashBy, ["client", "uri"]);
  if (typeof route.hashBy === "object") {
    if ("cookie" in route.hashBy) check.at("hashBy.cookie").matches(route.hashBy.cookie, COOKIE, "a cookie name", "session");
    else check.at("hashBy.header").matches(route.hashBy.header, /^[A-Za-z0-9-]+$/, "a header name", "X-Tenant");
  }
  check.at("stickyCookie.name").matches(route.stickyCookie?.name, COOKIE, "a cookie name", "replica");
  check.at("stickyCookie.maxAge").whole(route.stickyCookie?.maxAge, 1);
  for (const key of ["connect", "send", "read"] as const) check.at(`timeouts.${key}`).whole(route.timeouts?.[key], 1, 86_400);
  if (route.retry) {
    check.at("retry.tries").whole(route.retry.tries, 1, 10);
    check.at("retry.timeout").whole(route.retry.timeout, 1, 3600);
    for (const [index, cause] of (route.retry.on ?? []).entries()) check.at("retry.on").at(index).oneOf(cause, CAUSES);
  }
  if (route.keepalive) {
    check.at("keepalive.connections").whole(route.keepalive.connections, 1, 65_535);
    check.at("keepalive.timeout").whole(route.keepalive.timeout, 1, 3600);
    check.at("keepalive.requests").whole(route.keepalive.requests, 1);
  }
  checkCache(check.at("cache"), route.cache);
  checkVariants(check.at("variants"), route.variants);
  checkImages(check.at("images"), route.images);
  checkHealthCheck(check.at("healthCheck"), route);
  if (route.upstreamTls) {
    check.at("upstreamTls.caFile").file(route.upstreamTls.caFile);
    if (route.upstreamTls.serverName !== undefined) check.at("upstreamTls.serverName").host(route.upstreamTls.serverName, false);
  }
}

export function checkRate(check: Check, limit: RateLimit): void {
  check.at("key").oneOf(limit.key, ["client", "everyone"]);
  check.at("rate").matches(limit.rate, RATE, "a rate", "10r/s or 5r/m");
  check.at("burst").whole(limit.burst, 0, 1_000_000);
  check.at("delayAfter").whole(limit.delayAfter, 0, 1_000_000);
  if (limit.delayAfter !== undefined && limit.delayAfter > (limit.burst ?? 0)) {
    check.at("delayAfter").report(`${limit.delayAfter} is above the burst of ${limit.burst ?? 0}`, "give at most the burst");
  }
}

export function checkHeaders(check: Check, headers: HeaderOptions | undefined): void {
  if (!headers) return;
  for (const key of ["csp", "referrerPolicy", "permissionsPolicy", "openerPolicy"] as const) {
    const value = headers[key];
    if (typeof value === "string") check.at(key).headerValue(value);
  }
  if (headers.frameOptions !== false) check.at("frameOptions").oneOf(headers.frameOptions, ["DENY", "SAMEORIGIN"]);
  for (const [name, value] of Object.entries(headers.set ?? {})) {
    check.at(`set[${JSON.stringify(name)}]`).headerName(name);
    check.at(`set[${JSON.stringify(name)}]`).headerValue(value);
  }
  for (const [index, name] of (headers.hide ?? []).entries()) check.at("hide").at(index).headerName(name);
  checkCacheControl(check, headers);
}

function checkAccess(check: Check, access: AccessOptions): void {
  for (const key of ["allow", "deny"] as const) {
    for (const [index, range] of (access[key] ?? []).entries()) check.at(key).at(index).range(range);
  }
  check.at("allowFrom").oneOf(access.allowFrom, ["host"]);
  check.at("satisfy").oneOf(access.satisfy, ["all", "any"]);
  if (access.basicAuth) {
    check.at("basicAuth.file").file(access.basicAuth.file);
    check.at("basicAuth.realm").headerValue(access.basicAuth.realm ?? "");
  }
  const ids = new Set<string>();
  for (const [index, key] of (access.apiKeys ?? []).entries()) {
    const at = check.at("apiKeys").at(index);
    at.at("id").matches(key.id, /^[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?$/, "lower-case letters, digits and hyphens", "ci");
    at.at("hash").matches(key.hash, hashPattern, "the hash of an API key", "what hashApiKey(key) gives");
    if (ids.has(key.id)) at.at("id").report(`"${key.id}" is there twice`, "give each key its own id, e.g. ci-2");
    ids.add(key.id);
  }
  if (access.apiKeys?.length === 0) check.at("apiKeys").report("is empty, so everyone could come in", "give a key, or leave it out");
  if (access.allow?.length === 0) check.at("allow").report("is empty, so everyone could come in", "give a range, or leave it out");
}

/** Every problem of one route. */
export function checkRoute(check: Check, route: Route): void {
  check.at("name").matches(route.name, NAME, "a name of at most 40 lower-case letters, digits and hyphens", "backend");
  // eslint-disable-next-line no-control-regex -- control characters are what it looks for
  check.at("path").matches(route.path, /^\/[^\x00-\x1f\x7f]*$/, 'a path that starts with "/"', "/api/");
  if (route.path.startsWith(RESERVED)) check.at("path").report(`${route.path} is kept for API keys`, "use another path");
  check.at("match").oneOf(route.match, ["prefix", "exact"]);
  check.at("maxBodySize").matches(route.maxBodySize, SIZE, "a size", "10m");
  for (const [index, host] of (route.hosts ?? []).entries()) check.at("hosts").at(index).host(host, true);
  if (route.hosts?.length === 0) check.at("hosts").report("is empty", "give a host name, or leave it out");
  for (const [index, limit] of (route.rateLimits ?? []).entries()) checkRate(check.at("rateLimits").at(index), limit);
  check.at("connectionLimit.perClient").whole(route.connectionLimit?.perClient, 1);
  check.at("connectionLimit.total").whole(route.connectionLimit?.total, 1);
  checkHeaders(check.at("headers"), route.headers);
  if (isProxy(route) && strategyOf(route) === "sticky-cookie" && route.headers?.cdn) {
    check.at("headers.cdn").report("would have a CDN give everyone one client's cookie", "leave it out, or use another strategy");
  }
  if (route.access && route.headers?.cdn) {
    check.at("headers.cdn").report("would have a CDN give everyone what `access` keeps from most", "leave out one of the two");
  }
  if (route.access) checkAccess(check.at("access"), route.access);
  const kinds = ["to", "files", "respond", "redirect", "page"].filter((key) => key in route);
  if (kinds.length !== 1) {
    check.report(
      `has ${kinds.length === 0 ? "no answer" : kinds.join(" and ")}`,
      "give exactly one of `to`, `files`, `respond`, `redirect` and `page`",
    );
    return;
  }
  if (isProxy(route)) checkProxy(check, route);
  else if ("page" in route) checkPage(check, route);
  else if (isFiles(route)) checkFiles(check, route);
  else checkAnswer(check, route);
}

function checkPage(check: Check, route: StatusRoute): void {
  check.at("page").oneOf(route.page, ["status"]);
  // The page's style sheet is at `style.css` below it.
  if (!route.path.endsWith("/") || route.match === "exact") {
    check.at("path").report(`${route.path} has to be a folder for the page and its style sheet`, 'end it with "/" and leave out `match`');
  }
  if (!keepsOut(route.access))
    check.at("access").report("keeps nobody out, so everyone could look", "say who may, e.g. basicAuth, or allow");
}

/** Whether somebody has to be let in to come in. */
function keepsOut(access: AccessOptions | undefined): boolean {
  const ways = [access?.allow, access?.allowFrom, access?.basicAuth, access?.apiKeys];
  return ways.some((way) => way !== undefined);
}

/** Options that have no effect where nginx answers itself, which it does before it looks at them. */
const ONLY_PROXIED = ["access", "rateLimits", "connectionLimit", "maxBodySize"] as const;

function checkAnswer(check: Check, route: FixedRoute | RedirectRoute): void {
  for (const key of ONLY_PROXIED) {
    if (route[key] === undefined) continue;
    check.at(key).report("has no effect on an answer nginx gives itself", "leave it out, or proxy the route");
  }
  if ("respond" in route) {
    check.at("respond.status").whole(route.respond.status, 200, 599);
    check.at("respond.contentType").headerValue(route.respond.contentType ?? "");
    if (route.respond.body?.includes("\0")) check.at("respond.body").report("contains a NUL, which nginx cannot read", "remove it");
  } else {
    check.at("redirect.to").matches(route.redirect.to, /^(https?:\/\/|\/)[^\s]*$/, "a URL or path", "https://example.org/");
    check.at("redirect.to").headerValue(route.redirect.to);
    check.at("redirect.status").oneOf(route.redirect.status, [301, 302, 303, 307, 308]);
  }
}

/**
 * Whether a resolver entry is an address or a name with an optional port. nginx looks a name up once, when it starts, so it has to be
 * one whose address stays, such as a Kubernetes Service's.
 */
export function isResolverAddress(value: string): boolean {
  const match = /^(?:\[([0-9a-fA-F:]+)\]|([0-9.]+)|([a-z0-9]([a-z0-9.-]*[a-z0-9])?))(?::(\d{1,5}))?$/.exec(value);
  return match !== null && (match[3] !== undefined ? /[a-z]/.test(match[3]) : isIP(match[1] ?? match[2] ?? "") !== 0);
}
