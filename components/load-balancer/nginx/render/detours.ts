import { block, directive, type Statement } from "./writer";

/** What ends a part of a path, to nginx or to something behind it: a server on Windows, one that follows the URL standard of browsers, a Java container. */
const BETWEEN = "(?:[/\\\\;]|%2f|%5c|%3b)";

/** A part of a path that leads elsewhere: `.` or `..`, plain or encoded. */
const DETOUR = `(?:\\.|%2e){1,2}`;

/** Such a part anywhere before the query. */
const PATTERN = `~*^[^?#]*${BETWEEN}${DETOUR}(?:${BETWEEN}|[?#]|$)`;

const VARIABLE = "$detour";

/**
 * What tells a path with detours (http level). nginx chooses the route by where such a path leads, while the upstream gets it as the client
 * wrote it and may take it for another one: `/admin/x/..%2f..%2fpublic` would be guarded as `/public` and answered as `/admin`. No browser sends
 * one; clients resolve them themselves (RFC 3986, 5.2.4).
 */
export function detourGlobals(): Statement[] {
  return [block("map", ["$request_uri", VARIABLE], [directive("default", ""), directive(PATTERN, "1")])];
}

/** Refuses such paths: 400 (server level). */
export function refuseDetours(): Statement[] {
  return [block("if", [`(${VARIABLE})`], [directive("return", 400)])];
}
