import { API_CLIENT } from "./access";
import { directive, type Statement } from "./writer";

/** The access log: one JSON object a line, on standard output unless said otherwise. */
export interface AccessLogOptions {
  /** @default "/dev/stdout" */
  path?: string;
  /** Log the query string, which may carry personal data and tokens. @default false */
  query?: boolean;
  /** Log the client's address. @default true */
  clientAddress?: boolean;
}

/** Fields by name. Numbers nginx always has stand bare; what may be "-" or a list (one entry per attempt) is text. */
const FIELDS: [string, string][] = [
  ["time", '"$time_iso8601"'],
  ["request_id", '"$request_id"'],
  // What the client calls the request; only for finding it again, never passed on.
  ["client_request_id", '"$http_x_request_id"'],
  ["route", '"$route"'],
  ["client", '"$remote_addr"'],
  ["method", '"$request_method"'],
  ["host", '"$host"'],
  ["path", '"$uri"'],
  ["query", '"$args"'],
  ["protocol", '"$server_protocol"'],
  ["status", "$status"],
  ["request_bytes", "$request_length"],
  ["response_bytes", "$bytes_sent"],
  ["seconds", "$request_time"],
  ["upstream", '"$upstream_addr"'],
  ["upstream_status", '"$upstream_status"'],
  ["upstream_connect_seconds", '"$upstream_connect_time"'],
  ["upstream_header_seconds", '"$upstream_header_time"'],
  ["upstream_seconds", '"$upstream_response_time"'],
  ["cache", '"$upstream_cache_status"'],
  ["rate_limit", '"$limit_req_status"'],
  ["connection_limit", '"$limit_conn_status"'],
  ["tls", '"$ssl_protocol"'],
  ["tls_resumed", '"$ssl_session_reused"'],
  ["user_agent", '"$http_user_agent"'],
];

/** Whose API key a request came in with. */
const KEY_FIELD: [string, string] = ["api_key", `"${API_CLIENT}"`];

/** Largest write a pipe takes in one piece (PIPE_BUF): more, and lines of two workers would mix. */
const PIPE_BYTES = "4k";

/**
 * Access log (http level).
 * @param keys whether routes ask for API keys: then the log says whose was used, as `api_key`
 */
export function accessLog(options: AccessLogOptions | false | undefined, keys = false): Statement[] {
  if (options === false) return [directive("access_log", "off")];
  const left = new Set([...(options?.query ? [] : ["query"]), ...(options?.clientAddress === false ? ["client"] : [])]);
  const line = [...FIELDS, ...(keys ? [KEY_FIELD] : [])].filter(([name]) => !left.has(name)).map(([name, value]) => `"${name}":${value}`);
  return [
    directive("log_format", "requests", "escape=json", `{${line.join(",")}}`),
    directive("access_log", options?.path ?? "/dev/stdout", "requests", `buffer=${PIPE_BYTES}`, "flush=1s"),
  ];
}
