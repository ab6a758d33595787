/**
 * What clients say of who they are, where they come from and what they ask for, and some frameworks believe; behind a balancer none of it
 * is theirs to say. What a balancer does not set itself does not reach the upstream.
 */
export const NOT_THEIRS: readonly string[] = [
  ...["Forwarded", "X-Forwarded-Port", "X-Forwarded-Prefix", "X-Forwarded-Server", "X-Forwarded-Ssl", "X-Host", "X-Original-URL"],
  ...["X-Rewrite-URL", "X-Client-IP", "True-Client-IP", "CF-Connecting-IP"],
  // A client's "Proxy" header must not become a CGI program's HTTP_PROXY (CVE-2016-5385).
  "Proxy",
];
