import type { Problem } from "../../../workload";
import type { NginxOptions, ProxyRoute, Route, Target } from "../../nginx";
import { Check } from "../../nginx/render/check";
import { checkShared } from "../../nginx/render/validate";
import { checkCapabilities, checkRouteCapabilities } from "./capabilities";
import {
  isDiscovered,
  isProxyRoute,
  traefikTargets,
  type DashboardOptions,
  type TraefikAccess,
  type TraefikOptions,
  type TraefikProxyRoute,
  type TraefikRoute,
  type TraefikTarget,
} from "./options";

/** Stands for what a file of nginx's would be. */
const FILE = "/file";

function plainTarget(target: TraefikTarget): Target {
  return isDiscovered(target) ? { host: target.discovered, port: target.port } : { host: target.host, port: target.port };
}

function sharedAccess({ basicAuth, forwardAuth, ...rest }: TraefikAccess): Route["access"] {
  void forwardAuth;
  return {
    ...rest,
    ...(basicAuth ? { basicAuth: { file: FILE, ...(basicAuth.realm === undefined ? {} : { realm: basicAuth.realm }) } } : {}),
  };
}

/** The part of a route that means the same for both balancers. */
function sharedRoute(route: TraefikRoute): Route {
  const { access, ...rest } = route;
  const base = { ...rest, ...(access ? { access: sharedAccess(access) } : {}) };
  if (!isProxyRoute(route)) return base as Route;
  const { strategy, hashBy, circuitBreaker, mirror, healthCheck, ...proxied } = base as unknown as TraefikProxyRoute;
  void [strategy, hashBy, circuitBreaker, mirror, healthCheck];
  return { ...proxied, to: traefikTargets(route).map(plainTarget) } as ProxyRoute;
}

/** What can be checked as for nginx, because it means the same. */
function sharedOptions(options: TraefikOptions): NginxOptions {
  const { tls, discovery, source, client, dashboard, keyService, shutdown, requestSeconds, routes, ...rest } = options;
  void [discovery, source, client, dashboard, keyService, shutdown, requestSeconds];
  // Without certificates there is a built-in ACME client, which is checked elsewhere.
  const certificates =
    tls === false ? [] : tls.certificates.map(({ hosts }) => ({ certificateFile: FILE, keyFile: FILE, ...(hosts ? { hosts } : {}) }));
  const general = { certificateFile: FILE, keyFile: FILE };
  return {
    ...rest,
    tls: tls === false ? false : { ...tls, certificates: tls.builtInAcme && certificates.length === 0 ? [general] : certificates },
    routes: routes.map(sharedRoute),
  } as NginxOptions;
}

function checkTarget(check: Check, target: TraefikTarget, route: TraefikProxyRoute): void {
  if (isDiscovered(target)) {
    // It becomes part of a label's and of a service's name.
    check.at("discovered").matches(target.discovered, /^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/, "a workload's name", "testbro-backend");
  }
  check.at("weight").whole(target.weight, 0, 1000);
  if (target.weight !== undefined && route.strategy !== "weighted") {
    check.at("weight").report(`${target.weight} would mean nothing with strategy ${route.strategy ?? "auto"}`, 'use strategy "weighted"');
  }
  if (target.backup && !route.healthCheck) {
    check
      .at("backup")
      .report(
        "Traefik turns to a backup only when a health check says that nobody else answers",
        'give the route a healthCheck, e.g. { path: "/health" }',
      );
  }
}

/** Whether anybody tells of a discovered workload's replicas. */
function checkDiscovery(check: Check, { discovery, source }: TraefikOptions): void {
  if (discovery || source?.replicas) return;
  const fix = "give discovery.endpoint, or source.replicas where the configuration brings them, or an address";
  check.report("names a discovered workload, but there is no discovery", fix);
}

function checkProxy(check: Check, options: TraefikOptions, route: TraefikProxyRoute): void {
  const targets = traefikTargets(route);
  if (targets.length > 0 && targets.every((target) => target.backup))
    check.at("to").report("has only backups", "leave `backup` out of at least one target");
  for (const [index, target] of targets.entries())
    checkTarget(Array.isArray(route.to) ? check.at("to").at(index) : check.at("to"), target, route);
  if (route.strategy === "weighted" && targets.filter((target) => !target.backup).length < 2) {
    check.at("to").report("strategy weighted needs two or more targets to split between", "add a target, or use another strategy");
  }
  if (targets.some(isDiscovered)) checkDiscovery(check.at("to"), options);
  if (targets.length > MOST_TARGETS) check.at("to").report(`has ${targets.length} targets`, `give at most ${MOST_TARGETS}`);
  const { healthCheck, circuitBreaker, mirror } = route;
  if (healthCheck) {
    check.at("healthCheck.path").matches(healthCheck.path, /^\/[\x21-\x7e]*$/, 'a path that starts with "/"', "/health/ready");
    if (healthCheck.host !== undefined) check.at("healthCheck.host").host(healthCheck.host, false);
    check.at("healthCheck.interval").whole(healthCheck.interval, 1, 3600);
    check.at("healthCheck.timeout").whole(healthCheck.timeout, 1, 60);
  }
  if (circuitBreaker) {
    const { networkErrors = 0.5, serverErrors = false, medianSeconds = false } = circuitBreaker;
    for (const [key, value] of Object.entries({ networkErrors, serverErrors })) {
      if (value !== false && !(value > 0 && value <= 1))
        check.at("circuitBreaker").at(key).report(`${value} is no part`, "give a number above 0 and up to 1, or false");
    }
    if (medianSeconds !== false && !(medianSeconds > 0))
      check.at("circuitBreaker.medianSeconds").report(`${medianSeconds} is no time`, "give seconds above 0, or false");
    if ([networkErrors, serverErrors, medianSeconds].every((value) => value === false)) {
      check.at("circuitBreaker").report("has every condition switched off", "leave it out, or give one");
    }
    check.at("circuitBreaker.openSeconds").whole(circuitBreaker.openSeconds, 1, 3600);
    check.at("circuitBreaker.recoverySeconds").whole(circuitBreaker.recoverySeconds, 1, 3600);
  }
  if (mirror) {
    check.at("mirror.percent").whole(mirror.percent, 1, 100);
    check.at("mirror.maxBodyBytes").whole(mirror.maxBodyBytes, 0);
    if (mirror.to.backup || mirror.to.weight !== undefined)
      check.at("mirror.to").report("is neither weighed nor a backup", "leave weight and backup out");
    if (isDiscovered(mirror.to)) checkDiscovery(check.at("mirror.to"), options);
  }
}

/** More would need more stand-ins than their priorities have room for. */
const MOST_TARGETS = 4;

function checkAccess(check: Check, options: TraefikOptions, access: TraefikAccess): void {
  const users = access.basicAuth?.users;
  if (users?.length === 0) check.at("basicAuth.users").report("is empty, so nobody could come in", "give a user with a password hash");
  for (const [index, user] of (users ?? []).entries()) {
    check
      .at("basicAuth.users")
      .at(index)
      .matches(user, /^[^:\s]+:[^\s]+$/, "a line of an htpasswd file", "ada:$2y$10$…");
  }
  const { forwardAuth } = access;
  if (forwardAuth) {
    check.at("forwardAuth.address").matches(forwardAuth.address, /^https?:\/\/[^\s]+$/, "a URL", "http://auth:8080/verify");
    for (const key of ["requestHeaders", "responseHeaders"] as const) {
      for (const [index, name] of (forwardAuth[key] ?? []).entries()) check.at(`forwardAuth.${key}`).at(index).headerName(name);
    }
  }
  if (access.apiKeys && options.keyService === undefined) {
    check
      .at("apiKeys")
      .report("needs a service that judges keys, and keyService is not given", "give keyService, or use basicAuth or forwardAuth");
  }
  const byClient = (access.deny?.length ?? 0) > 0 || access.satisfy === "any";
  if (byClient && options.trustedProxies) {
    check.report(
      "Traefik's rules see only the last proxy's address, so deny and satisfy: \"any\" cannot work behind trustedProxies",
      "use allow, or do it at the proxy",
    );
  }
  if (access.satisfy === "any" && access.allowFrom === "host") {
    check
      .at("satisfy")
      .report('"any" cannot be put together with allowFrom "host": its address is known only at the start', "give the addresses in allow");
  }
}

function checkDashboard(check: Check, options: TraefikOptions, dashboard: DashboardOptions): void {
  check.at("host").host(dashboard.host, false);
  const { access } = dashboard;
  if (options.tls === false) check.report("is for HTTPS alone, and there is no TLS", "give tls, or leave the dashboard out");
  if (!access.basicAuth) check.at("access.basicAuth").report("is missing: the dashboard shows every route and replica", "give users");
  if (!access.allow?.length && access.allowFrom !== "host") {
    check.at("access.allow").report("is missing: a password alone may be guessed", 'list addresses, or give allowFrom: "host"');
  }
  if (access.satisfy === "any")
    check.at("access.satisfy").report('"any" would open the dashboard to one of the two', 'leave it out ("all")');
  if (access.deny?.length) check.at("access.deny").report("has no effect on the dashboard", "list who may in allow");
  for (const [index, range] of (access.allow ?? []).entries()) check.at("access.allow").at(index).range(range);
  checkAccess(check.at("access"), options, access);
  const taken = options.hosts?.includes(dashboard.host) || options.routes.some((route) => route.hosts?.includes(dashboard.host));
  if (taken) check.at("host").report(`${dashboard.host} is also a route's host`, "give the dashboard a host of its own");
}

function checkSources(check: Check, { discovery, source, client, shutdown, requestSeconds, tls }: TraefikOptions): void {
  for (const [key, value] of Object.entries({ discovery, source })) {
    if (!value) continue;
    check.at(`${key}.endpoint`).matches(value.endpoint, /^(https?|tcp):\/\/[^\s]+$/, "a URL", "https://testbro-traefik-discovery:8445");
    if (value.refresh !== undefined && !(value.refresh >= 0.2 && value.refresh <= 60)) {
      check.at(`${key}.refresh`).report(`${value.refresh} is not from 0.2 to 60`, "give seconds from 0.2 to 60");
    }
  }
  if (discovery && source?.replicas) {
    check.at("source.replicas").report("would fill in what discovery tells of already", "leave one of the two out");
  }
  for (const key of ["caFile", "certificateFile", "keyFile"] as const) if (client) check.at("client").at(key).file(client[key]);
  check.at("shutdown.accept").whole(shutdown?.accept, 0, 3600);
  check.at("shutdown.finish").whole(shutdown?.finish, 0, 3600);
  check.at("requestSeconds").whole(requestSeconds, 0, 86_400);
  if (tls === false || !tls.builtInAcme) return;
  const { email, directory, authorityFile, challenge, certificateHours } = tls.builtInAcme;
  check.at("tls.builtInAcme.email").matches(email, /^[^\s@]+@[^\s@]+$/, "an address", "ops@example.org");
  check
    .at("tls.builtInAcme.directory")
    .matches(directory, /^https:\/\/[^\s]+$/, "an https URL", "https://acme-v02.api.letsencrypt.org/directory");
  check.at("tls.builtInAcme.challenge").oneOf(challenge, ["http-01", "tls-alpn-01"]);
  check.at("tls.builtInAcme.certificateHours").whole(certificateHours, 1);
  if (authorityFile !== undefined) check.at("tls.builtInAcme.authorityFile").file(authorityFile);
}

/** Names of routers and services that are there beside those of routes, or are made from a route's name. */
const TAKEN =
  /^(redirect|strangers|detours|dashboard|acme|unavailable|status-ready|not-found-\d+|part\d+-of-.*)$|-(denied|known|unavailable|standin-\d+|main|backup|mirror|mirrored)$/;

function checkNames(check: Check, { routes }: TraefikOptions): void {
  for (const [index, { name }] of routes.entries()) {
    if (!TAKEN.test(name)) continue;
    check
      .at("routes")
      .at(index)
      .at("name")
      .report(`"${name}" is the name of something that the balancer makes itself`, `e.g. "${name}-route"`);
  }
}

/** Characters that Traefik's rules tell from their encoded form (RFC 3986, 2.2), though an upstream does not. */
const TOLD_APART = /[!#$&'()*+,:;=?@[\]%]/;

/** Whether a route lets in less than another one might. */
function isGuarded({ access = {}, rateLimits = [], connectionLimit }: TraefikRoute): boolean {
  return Object.keys(access).length > 0 || rateLimits.length > 0 || connectionLimit !== undefined;
}

function checkGuardedPath(check: Check, route: TraefikRoute): void {
  const [character] = TOLD_APART.exec(route.path) ?? [];
  if (character === undefined || !isGuarded(route)) return;
  const encoded = `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
  const message = `who writes ${encoded} for "${character}" would not be held by this route's rules, and many an upstream takes both for the same`;
  check.at("path").report(message, "use a path of letters, digits, -, ., _, ~ and /, or guard a shorter one");
}

/** Every problem of a balancer's options, none when they are sound and Traefik can keep them all. Pure. */
export function checkTraefik(name: string, options: TraefikOptions): Problem[] {
  const check = new Check(name);
  checkShared(check, sharedOptions(options));
  for (const [index, route] of options.routes.entries()) {
    const at = check.at("routes").at(index);
    if (isProxyRoute(route) && ["to", "respond", "redirect"].filter((key) => key in route).length === 1) checkProxy(at, options, route);
    if (route.access) checkAccess(at.at("access"), options, route.access);
    checkRouteCapabilities(at, route);
    checkGuardedPath(at, route);
  }
  checkCapabilities(check, options);
  checkSources(check, options);
  checkNames(check, options);
  if (options.dashboard) checkDashboard(check.at("dashboard"), options, options.dashboard);
  return check.problems;
}
