import { isIP } from "node:net";
import { HOST_ACCESS_FILE } from "./access";
import { refuseDetours } from "./detours";
import { listen } from "./listen";
import { hop, locations } from "./locations";
import { routeLimits } from "./limits";
import { statusServer } from "./metrics";
import { portsOf, type NginxOptions, type Route } from "./options";
import { portSuffix, type SiteContext } from "./proxy";
import { siteCertificates, type TlsOptions } from "./tls";
import { addressOf, upstreamOwners } from "./upstreams";
import { from } from "./origins";
import { block, comment, directive, type Argument, type Statement } from "./writer";

/** Host names and the routes that answer them. No hosts: whatever name a client uses. */
export interface Site {
  hosts: string[];
  routes: Route[];
}

/** Routes put together by the hosts they answer. */
export function sitesOf(options: NginxOptions): Site[] {
  const sites = new Map<string, Site>();
  for (const route of options.routes) {
    const hosts = route.hosts ?? options.hosts ?? [];
    const key = [...hosts].sort().join(" ");
    const site = sites.get(key) ?? { hosts, routes: [] };
    site.routes.push(route);
    sites.set(key, site);
  }
  return [...sites.values()];
}

/** The answer to a request whose host this server is not for (RFC 9110, 15.5.20). */
const MISDIRECTED = 421;

/** Closes the connection without an answer. */
const CLOSE = 444;

/** Connections waiting to be accepted; nginx's own default of 511 overflows when a burst arrives during a reload. */
const BACKLOG = "backlog=4096";

function serverNames(hosts: readonly string[]): Statement[] {
  if (hosts.length === 0) return [];
  return [directive("server_name", ...hosts.map((host) => (isIP(host) === 6 ? `[${host}]` : host)))];
}

/** A path no route answers. */
function notFound(site: Site): Statement[] {
  if (site.routes.some((route) => route.path === "/" && route.match !== "exact")) return [];
  return [block("location", ["/"], [directive("return", 404)])];
}

function siteBody(site: Site, context: SiteContext): Statement[] {
  return [
    directive("set", "$route", "-"),
    ...refuseDetours(),
    ...site.routes.flatMap((route) => locations(route, context)),
    ...notFound(site),
  ];
}

function listens(options: NginxOptions, tls: TlsOptions, first: boolean): Statement[] {
  const port = portsOf(options).https;
  const flags: Argument[] = first ? ["default_server", BACKLOG] : [];
  return [
    ...listen(port, "ssl", ...flags),
    ...(tls.http3 ? listen(port, "quic", ...(first ? ["default_server", "reuseport"] : [])) : []),
    directive("http2", (tls.http2 ?? true) ? "on" : "off"),
  ];
}

/**
 * Refuses hosts no site is for. A handshake for an unknown name ends without showing any certificate; where a site is
 * named by an address that would lock out its clients, because they send no name, so there the certificate is shown.
 */
function strangers(options: NginxOptions, tls: TlsOptions, sites: readonly Site[]): Statement[] {
  const byAddress = sites.flatMap((site) => site.hosts).filter((host) => isIP(host) !== 0);
  return [
    comment("requests for hosts that are not ours"),
    block(
      "server",
      [],
      [
        ...listens(options, tls, true),
        ...(byAddress.length > 0 ? siteCertificates(tls, byAddress) : [directive("ssl_reject_handshake", "on")]),
        directive("set", "$route", "-"),
        directive("return", MISDIRECTED),
      ],
    ),
  ];
}

function secureServers(options: NginxOptions, tls: TlsOptions, sites: readonly Site[]): Statement[] {
  const context: SiteContext = { options, owners: upstreamOwners(options.routes), scheme: "https" };
  const open = sites.some((site) => site.hosts.length === 0);
  return [
    ...(open ? [] : strangers(options, tls, sites)),
    ...sites.map((site) =>
      block(
        "server",
        [],
        [
          ...listens(options, tls, site.hosts.length === 0),
          ...serverNames(site.hosts),
          ...siteCertificates(tls, site.hosts),
          ...siteBody(site, context),
        ],
      ),
    ),
  ];
}

/** Seconds for the responder's answer: it has it in memory. */
const CHALLENGE_SECONDS = 5;

function acmeLocation(options: NginxOptions): Statement[] {
  if (!options.acme) return [];
  return [
    block(
      "location",
      ["^~", "/.well-known/acme-challenge/"],
      // A variable, so that nginx starts when the responder does not run yet.
      [
        directive("set", "$acme", addressOf(options.acme.to)),
        // What everybody may ask on a port that everybody reaches, and that leads to the keeper of the certificates.
        ...routeLimits(options.limits, { name: "acme" }),
        block("limit_except", ["GET"], [directive("deny", "all")]),
        ...["connect", "send", "read"].map((what) => directive(`proxy_${what}_timeout`, `${CHALLENGE_SECONDS}s`)),
        directive("proxy_pass_request_headers", "off"),
        directive("proxy_pass_request_body", "off"),
        directive("proxy_set_header", "Content-Length", ""),
        directive("proxy_set_header", "Host", "$host"),
        directive("proxy_pass", "http://$acme"),
      ],
    ),
  ];
}

/** Plain HTTP when there is TLS: sends everyone to HTTPS. */
function redirects(options: NginxOptions, sites: readonly Site[]): Statement[] {
  const { http } = portsOf(options);
  if (http === false) return [];
  const target = `https://$host${portSuffix(options, "https")}$request_uri`;
  const open = sites.some((site) => site.hosts.length === 0);
  const body: Statement[] = [
    directive("set", "$route", "redirect"),
    ...from("acme", acmeLocation(options)),
    block("location", ["/"], [directive("return", options.redirectStatus ?? 308, target)]),
  ];
  const hosts = [...new Set(sites.flatMap((site) => site.hosts))];
  if (open) return [block("server", [], [...listen(http, "default_server", BACKLOG), ...body])];
  return [
    block("server", [], [...listen(http, "default_server", BACKLOG), directive("set", "$route", "-"), directive("return", CLOSE)]),
    block("server", [], [...listen(http), ...serverNames(hosts), ...body]),
  ];
}

/** Plain HTTP when there is no TLS. */
function plainServers(options: NginxOptions, sites: readonly Site[]): Statement[] {
  const port = portsOf(options).http;
  if (port === false) return [];
  const context: SiteContext = { options, owners: upstreamOwners(options.routes), scheme: "http" };
  const open = sites.some((site) => site.hosts.length === 0);
  return [
    ...(open
      ? []
      : [block("server", [], [...listen(port, "default_server", BACKLOG), directive("set", "$route", "-"), directive("return", CLOSE)])]),
    ...sites.map((site) =>
      block(
        "server",
        [],
        [
          ...listen(port, ...(site.hosts.length === 0 ? ["default_server", BACKLOG] : [])),
          ...serverNames(site.hosts),
          ...from("acme", acmeLocation(options)),
          ...siteBody(site, context),
        ],
      ),
    ),
  ];
}

/** Every `server` block. */
export function servers(options: NginxOptions): Statement[] {
  const sites = sitesOf(options);
  const context: SiteContext = { options, owners: upstreamOwners(options.routes), scheme: options.tls === false ? "http" : "https" };
  const hops = options.routes.flatMap((route) => hop(route, context));
  return [
    ...(options.tls === false
      ? plainServers(options, sites)
      : [...redirects(options, sites), ...secureServers(options, options.tls, sites)]),
    ...(hops.length > 0 ? [comment("resized images, for nginx itself"), ...hops] : []),
    comment(`status, within the platform only; ${HOST_ACCESS_FILE} is written at start`),
    statusServer(options),
  ];
}
