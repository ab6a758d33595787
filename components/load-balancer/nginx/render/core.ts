import { mergeOptions } from "../../../workload";
import { nginxResolvers } from "./health-checks";
import {
  BODY_DIRECTORY,
  RESOLVER_DEFAULTS,
  RUNTIME_DIRECTORY,
  type ClientTimeouts,
  type NginxOptions,
  type ProcessOptions,
} from "./options";
import { from } from "./origins";
import { block, directive, DOLLAR_VARIABLE, onOff, type Statement } from "./writer";

/**
 * Seconds for which an idle connection stays open even when its worker is to end after a reload: a client in the middle of its requests
 * is told `Connection: close` with the next answer, instead of sending into a connection that is just being closed.
 */
const LEAST_KEEPALIVE_SECONDS = 10;

/**
 * Patience with clients. A client whose header, or the next piece of whose body or answer, takes 10 s does not come back over a bad line, but holds a
 * connection. Idle ones stay a little longer than the 60 s after which cloud balancers and proxies close theirs, so that the side that sends
 * requests is the one that closes.
 */
export const CLIENT_TIMEOUT_DEFAULTS: Required<ClientTimeouts> = { header: 10, body: 10, send: 10, keepalive: 65 };

/**
 * nginx's own size. A worker sets its connections aside when it starts, half a kilobyte each: 4096 are 2 MiB, enough for 2000 requests at a
 * time (one connection to the client, one to a replica) or for the idle connections of 4000 browsers. nginx's own 512 one client could take up with the 512
 * that `limits.connections` leaves it.
 */
export const PROCESS_DEFAULTS: Required<ProcessOptions> = { workers: "auto", connections: 4096, shutdownTimeout: 300 };

/** Largest request body where nothing is said; nginx's own. An API's JSON is far smaller, an upload has a route that says how large it may be. */
export const DEFAULT_BODY_SIZE = "1m";

/** Files each connection may need: its socket, and a file that is served, kept or taken from the cache. */
const FILES_A_CONNECTION = 2;

/** Files besides: listening sockets, logs, certificates, what is read while a new configuration is tested. */
const OTHER_FILES = 1024;

/**
 * Request bodies up to this size stay in memory; larger ones go to a directory, which is memory of another kind: `bodySpace` for all. A body gets
 * no more than it announces, so the usual form or JSON costs what it is long. nginx's own 16k sends every small upload there.
 */
const BODY_BUFFER = "64k";

/**
 * Of a request's header: 1k is set aside for each connection, which the usual request without large cookies fits in. Above, up to four times 8k, of
 * which one holds a line whole: twice a browser's largest cookie (4 KB), and a URL longer than any browser or CDN passes on. Node.js refuses more than
 * 16 KB of header in all. What a connection that only ever sends header can hold is thereby 33 KB. These are nginx's own numbers, written down
 * because the limits rely on them.
 */
const HEADER_BUFFERS = { first: "1k", more: [4, "8k"] } as const;

/**
 * Of an answer: 8k hold its header, which has to fit in whole (nginx's own 4k is a 502 for an app that sets some cookies and a long policy), and
 * sixteen times 8k its body. With no temporary files these 128 KB are what a replica is rid of at once however slowly the client reads: nearly every page,
 * script and JSON whole. Most a client can hold with its 512 connections: 64 MiB; buffers are taken only as answers fill them.
 */
const ANSWER_BUFFERS = { header: "8k", body: [16, "8k"] } as const;

/**
 * Largest entry of the hash tables of names and maps. nginx's own is a line of the CPU's cache, 64 bytes, which a host name of 46 characters and
 * an API key do not fit in.
 */
const HASH_BUCKET = 256;

/** Variables there may be without a warning: routes with images or variants bring some of their own. nginx's own is 1024. */
const VARIABLES = 4096;

/**
 * Requests after which a client's connection is closed, so that the memory it has gathered goes. With nginx's own 1000 a client over TLS
 * that asks without pause (a CDN) takes 2 % of the balancer's time for handshakes: one costs about 1 ms, a request 0.05 ms.
 */
const KEEPALIVE_REQUESTS = 10_000;

/** Temporary files that nginx never writes here, but makes a directory for. */
const TEMPORARY = ["proxy", "fastcgi", "uwsgi", "scgi"];

/** What stands outside `http`. */
export function mainContext(options: NginxOptions): Statement[] {
  const { workers, connections, shutdownTimeout } = mergeOptions(PROCESS_DEFAULTS, options.processes);
  return [
    // Brotli and image filter, where the distribution enables modules by files.
    directive("include", "/etc/nginx/modules-enabled/*.conf"),
    ...from("processes", [
      directive("worker_processes", workers),
      directive("worker_rlimit_nofile", connections * FILES_A_CONNECTION + OTHER_FILES),
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
    // Files and stored answers go from the page cache to the socket without a copy, the header in the same packet as the beginning.
    directive("sendfile", "on"),
    directive("tcp_nopush", "on"),
    directive("server_names_hash_bucket_size", HASH_BUCKET),
    directive("map_hash_bucket_size", HASH_BUCKET),
    directive("variables_hash_max_size", VARIABLES),
    directive("variables_hash_bucket_size", HASH_BUCKET),
    directive("client_body_temp_path", BODY_DIRECTORY),
    ...TEMPORARY.map((kind) => directive(`${kind}_temp_path`, `${RUNTIME_DIRECTORY}/${kind}`)),
    directive("client_header_timeout", `${timeouts.header}s`),
    directive("client_body_timeout", `${timeouts.body}s`),
    directive("send_timeout", `${timeouts.send}s`),
    directive("keepalive_timeout", `${timeouts.keepalive}s`),
    directive("keepalive_min_timeout", `${Math.min(timeouts.keepalive, LEAST_KEEPALIVE_SECONDS)}s`),
    directive("keepalive_requests", KEEPALIVE_REQUESTS),
    // A client that was waited for in vain gets a reset, so what was to be sent to it does not stay in the kernel's memory for minutes.
    directive("reset_timedout_connection", "on"),
    directive("client_max_body_size", DEFAULT_BODY_SIZE),
    directive("client_body_buffer_size", BODY_BUFFER),
    directive("client_header_buffer_size", HEADER_BUFFERS.first),
    directive("large_client_header_buffers", ...HEADER_BUFFERS.more),
    // Never to a file: the temporary directory is memory, and a full one would cut responses short. What exceeds the
    // buffers is sent at the client's pace.
    directive("proxy_max_temp_file_size", 0),
    directive("proxy_buffer_size", ANSWER_BUFFERS.header),
    directive("proxy_buffers", ...ANSWER_BUFFERS.body),
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
