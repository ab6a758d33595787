import { block, directive, literal, mapKey, type Statement } from "./writer";
import { RUNTIME_DIRECTORY } from "./options";

/** Users and passwords. */
export interface BasicAuth {
  /** Name the browser shows. @default "Restricted" */
  realm?: string;
  /** File with `name:hash` lines (htpasswd). */
  file: string;
}

/** An API key, known only by its hash: see {@link hashApiKey}. */
export interface ApiKey {
  /** Part of the key before the dot; names it in the log. Lower-case letters, digits and hyphens. */
  id: string;
  /** Hash of the whole key, 22 characters. */
  hash: string;
}

/** Who may use a route. Everything named has to be satisfied, unless `satisfy` says otherwise. */
export interface AccessOptions {
  /** Addresses or ranges that may; all others may not. @default everyone */
  allow?: string[];
  /** Addresses or ranges that may not, looked at first. @default nobody */
  deny?: string[];
  /**
   * `"host"`: also requests that come from the container host itself (through its loopback address), and nobody else
   * unless `allow` names them. Other containers of that host that use its published port look the same.
   */
  allowFrom?: "host";
  basicAuth?: BasicAuth;
  /** Keys of which one has to be in the `X-API-Key` header; add the new one before removing the old to rotate. */
  apiKeys?: ApiKey[];
  /** `any`: either the address or the password (key) is enough. @default "all" */
  satisfy?: "all" | "any";
}

/** File of `allow` lines for the container host's address, written by the image's entry point before nginx starts. */
export const HOST_ACCESS_FILE = `${RUNTIME_DIRECTORY}/host-access.conf`;

/** Header that carries an API key, in nginx's spelling of its variable. */
const KEY_VARIABLE = "$http_x_api_key";

/** Variable with the id of the API key a request came in with. A subrequest shares its request's variables. */
export const API_CLIENT = "$api_client";

/** The part of a route access looks at. */
export interface GuardedRoute {
  name: string;
  access?: AccessOptions;
}

function snake(name: string): string {
  return name.replaceAll("-", "_");
}

function keysOf(route: GuardedRoute): ApiKey[] {
  return route.access?.apiKeys ?? [];
}

/** Whether API keys are asked for. */
export function hasApiKeys(route: GuardedRoute): boolean {
  return keysOf(route).length > 0;
}

/** Maps that turn a request's API key into its id and the id into the expected hash (http level). */
export function accessGlobals(routes: readonly GuardedRoute[]): Statement[] {
  const guarded = routes.filter(hasApiKeys);
  if (guarded.length === 0) return [];
  return [
    block(
      "map",
      [KEY_VARIABLE, "$api_key_id"],
      [directive("default", ""), directive("~^(?<api_key_name>[a-z0-9-]+)\\.[A-Za-z0-9_-]+$", "$api_key_name")],
    ),
    ...guarded.map((route) =>
      block(
        "map",
        ["$api_key_id", `$api_key_hash_${snake(route.name)}`],
        [directive("default", ""), ...keysOf(route).map((key) => directive(mapKey(key.id), literal(key.hash)))],
      ),
    ),
  ];
}

function keyLocation(route: GuardedRoute): string {
  return `/.api-key/${route.name}`;
}

/**
 * The internal location that judges a route's API key. It is asked in nginx's access phase, after the limits, so that
 * guessing is slowed down like any other request. The comparison is secure_link's: MD5 of the key against the stored
 * hash. MD5 is what nginx has built in; with keys of at least 128 random bits only its resistance to preimages matters,
 * which stands (RFC 6151).
 */
export function accessLocations(route: GuardedRoute): Statement[] {
  if (!hasApiKeys(route)) return [];
  return [
    block(
      "location",
      ["=", keyLocation(route)],
      [
        directive("internal"),
        // nginx begins the subrequest at the server's own directives, and its variables are the request's.
        directive("set", "$route", route.name),
        directive("secure_link", `$api_key_hash_${snake(route.name)}`),
        directive("secure_link_md5", KEY_VARIABLE),
        // Only a key that was found right names its client: where an address is enough as well, nobody looked at the key.
        block("if", ["($secure_link", "=", "1)"], [directive("set", API_CLIENT, "$api_key_id"), directive("return", 204)]),
        directive("return", 401),
      ],
    ),
  ];
}

/** Access rules of a location. */
export function routeAccess(route: GuardedRoute): Statement[] {
  const access = route.access;
  if (!access) return [];
  const fromHost = access.allowFrom === "host";
  const closed = fromHost || (access.allow?.length ?? 0) > 0;
  return [
    directive("satisfy", access.satisfy ?? "all"),
    ...(access.deny ?? []).map((range) => directive("deny", range)),
    ...(access.allow ?? []).map((range) => directive("allow", range)),
    ...(fromHost ? [directive("include", HOST_ACCESS_FILE)] : []),
    ...(closed ? [directive("deny", "all")] : []),
    ...(access.basicAuth
      ? [
          directive("auth_basic", literal(access.basicAuth.realm ?? "Restricted")),
          directive("auth_basic_user_file", literal(access.basicAuth.file)),
        ]
      : []),
    ...(hasApiKeys(route) ? [directive("auth_request", keyLocation(route))] : []),
  ];
}

/** Request headers that keep credentials meant for the balancer from the upstream, and name the key that was used. */
export function credentialHeaders(route: GuardedRoute): Statement[] {
  return [
    ...(route.access?.basicAuth ? [directive("proxy_set_header", "Authorization", "")] : []),
    ...(hasApiKeys(route)
      ? [directive("proxy_set_header", "X-API-Key", ""), directive("proxy_set_header", "X-API-Client", API_CLIENT)]
      : [directive("proxy_set_header", "X-API-Client", "")]),
  ];
}
