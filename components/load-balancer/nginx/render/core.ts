import { mergeOptions } from "../../../workload";
import { nginxResolvers } from "./health-checks";
import { RESOLVER_DEFAULTS, RUNTIME_DIRECTORY, type ClientTimeouts, type NginxOptions, type ProcessOptions } from "./options";
import { from } from "./origins";
import { block, directive, DOLLAR_VARIABLE, onOff, type Statement } from "./writer";

/**
 * Seconds for which an idle connection stays open even when its worker is to end after a reload: a client in the middle of its requests
 * is told `Connection: close` with the next answer, instead of sending into a connection that is just being closed.
 */
const LEAST_KEEPALIVE_SECONDS = 10;

export const CLIENT_TIMEOUT_DEFAULTS: Required<ClientTimeouts> = { header: 10, body: 10, send: 10, keepalive: 65 };

export const PROCESS_DEFAULTS: Required<ProcessOptions> = { workers: "auto", connections: 4096, shutdownTimeout: 300 };

/** Largest request body where nothing is said. */
export const DEFAULT_BODY_SIZE = "1m";

/** Files each connection may need: one to the client, one to the upstream, and some for logs and the cache. */
const FILES_A_CONNECTION = 2;

/**
 * Requests after which a client's connection is closed, so that the memory it has gathered goes. With nginx's own 1000 a client over TLS
 * that asks without pause (a CDN) takes 2 % of the balancer's time for handshakes: one costs about 1 ms, a request 0.05 ms.
 */
const KEEPALIVE_REQUESTS = 10_000;

const TEMPORARY = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];

/** What stands outside `http`. */
export function mainContext(options: NginxOptions): Statement[] {
  const { workers, connections, shutdownTimeout } = mergeOptions(PROCESS_DEFAULTS, options.processes);
  return [
    // Brotli and image filter, where the distribution enables modules by files.
    directive("include", "/etc/nginx/modules-enabled/*.conf"),
    ...from("processes", [
      directive("worker_processes", workers),
      directive("worker_rlimit_nofile", connections * FILES_A_CONNECTION + 1024),
      directive("worker_shutdown_timeout", `${shutdownTimeout}s`),
    ]),
    // Maps with regular expressions are asked for every request: run as machine code where PCRE can.
    directive("pcre_jit", "on"),
    directive("pid", `${RUNTIME_DIRECTORY}/nginx.pid`),
    directive("error_log", "stderr", "warn"),
    block("events", [], from("processes", [directive("worker_connections", connections)])),
  ];
}

function realAddress(options: NginxOptions): Statement[] {
  if (!options.trustedProxies) return [];
  return [
    ...options.trustedProxies.ranges.map((range) => directive("set_real_ip_from", range)),
    directive("real_ip_header", options.trustedProxies.header ?? "X-Forwarded-For"),
    // The last address that is not itself a trusted proxy: what stands further left a client may have made up.
    directive("real_ip_recursive", "on"),
  ];
}

function resolver(options: NginxOptions): Statement[] {
  const { valid, timeout, ipv6 } = mergeOptions(RESOLVER_DEFAULTS, options.resolver);
  return [
    directive("resolver", ...nginxResolvers(options), `valid=${valid}s`, `ipv6=${onOff(ipv6)}`),
    directive("resolver_timeout", `${timeout}s`),
  ];
}

/** What holds for every request. */
export function httpCore(options: NginxOptions): Statement[] {
  const timeouts = mergeOptions(CLIENT_TIMEOUT_DEFAULTS, options.timeouts);
  return [
    block("geo", [`$${DOLLAR_VARIABLE}`], [directive("default", "$")]),
    directive("include", "/etc/nginx/mime.types"),
    directive("default_type", "application/octet-stream"),
    directive("server_tokens", "off"),
    // Redirects nginx makes itself would name the container's port otherwise.
    directive("absolute_redirect", "off"),
    directive("sendfile", "on"),
    directive("tcp_nopush", "on"),
    directive("server_names_hash_bucket_size", 256),
    directive("map_hash_bucket_size", 256),
    directive("variables_hash_max_size", 4096),
    directive("variables_hash_bucket_size", 256),
    ...TEMPORARY.map((kind) => directive(`${kind}_temp_path`, `${RUNTIME_DIRECTORY}/${kind}`)),
    directive("client_header_timeout", `${timeouts.header}s`),
    directive("client_body_timeout", `${timeouts.body}s`),
    directive("send_timeout", `${timeouts.send}s`),
    directive("keepalive_timeout", `${timeouts.keepalive}s`),
    directive("keepalive_min_timeout", `${Math.min(timeouts.keepalive, LEAST_KEEPALIVE_SECONDS)}s`),
    directive("keepalive_requests", KEEPALIVE_REQUESTS),
    directive("reset_timedout_connection", "on"),
    directive("client_max_body_size", DEFAULT_BODY_SIZE),
    // Bodies up to this size never touch the (memory-backed) temporary directory.
    directive("client_body_buffer_size", "64k"),
    directive("client_header_buffer_size", "1k"),
    directive("large_client_header_buffers", 4, "8k"),
    // Never to a file: the temporary directory is memory, and a full one would cut responses short. What exceeds the
    // buffers is sent at the client's pace.
    directive("proxy_max_temp_file_size", 0),
    directive("proxy_buffer_size", "8k"),
    directive("proxy_buffers", 16, "8k"),
    directive("proxy_http_version", "1.1"),
    directive("proxy_socket_keepalive", "on"),
    directive("proxy_ssl_session_reuse", "on"),
    ...from("resolver", resolver(options)),
    ...from("trustedProxies", realAddress(options)),
    // To WebSocket and nothing else: with `h2c` a client would get a connection to the replica that no rule here looks into.
    block("map", ["$http_upgrade", "$upgrade"], [directive("default", ""), directive("~*^websocket$", "websocket")]),
    block("map", ["$upgrade", "$connection_upgrade"], [directive("default", "upgrade"), directive("", "")]),
    // Requests that end before a site is chosen are logged without a route; a warning for each would be a way to fill the disk.
    directive("uninitialized_variable_warn", "off"),
  ];
}
