// The balancers that are compared: ours with every default protection, the others as their distribution configures them.
import { LARGE_BODY_BYTES, LARGE_FILE, SMALL_BODY, SMALL_FILE } from "./cases.mjs";

/**
 * Where everything listens and what the configurations need.
 * @typedef {object} Place
 * @property {{http: number, https: number, status: number[]}} ports of this balancer, on 127.0.0.1
 * @property {number} upstream port of the upstream on 127.0.0.1
 * @property {number} app port of the app in Node.js on 127.0.0.1
 * @property {string} resolver address of a name server that knows the upstream as app.test
 * @property {string} folder path of the balancer's own files in its container
 * @property {string} stock path of the configuration in the distribution's package of nginx
 * @property {string} certificate path of the certificate (ECDSA, P-256), PEM
 * @property {string} key path of its key
 * @property {string} pem path of a file with both
 * @property {string} certificateText the certificate itself
 * @property {string} keyText its key itself
 */

/**
 * @typedef {object} Instance
 * @property {string} image name of the image it runs from
 * @property {Record<string, string>} files by name, written to the folder
 * @property {boolean} [root] as root, where the image has another user
 * @property {string} command for `sh -c`, with `$PIN` before what belongs to the balancer and `$PIN_OTHERS` before what takes its log
 */

/**
 * @typedef {object} Contender
 * @property {string} id
 * @property {string} title
 * @property {string} version command that prints its version
 * @property {boolean} caches whether it can keep responses
 * @property {(place: Place) => Instance[]} instances one or more processes that together serve HTTP and HTTPS
 */

/**
 * The distribution's configuration but for the number of workers, and a site as its manual would have it. With an `upstream` block,
 * because only then does 1.30 keep connections to the upstream of itself.
 */
function stockNginx(/** @type {string} */ image) {
  return (/** @type {Place} */ { ports, upstream, folder, stock, certificate, key }) => [
    {
      image,
      files: {
        "site.conf": `proxy_cache_path /var/cache/nginx keys_zone=responses:10m;
upstream app {
  server 127.0.0.1:${upstream};
}
server {
  listen 127.0.0.1:${ports.http};
  listen 127.0.0.1:${ports.https} ssl;
  http2 on;
  ssl_certificate ${certificate};
  ssl_certificate_key ${key};
  location / {
    proxy_pass http://app;
  }
  location /cached/ {
    proxy_cache responses;
    proxy_pass http://app;
  }
}
`,
      },
      root: true,
      // Our image has more modules, and no configuration: the distribution's is the same for both versions.
      command: `rm -f /etc/nginx/modules-enabled/* && cp ${stock}/nginx.conf ${stock}/mime.types /etc/nginx/ && mkdir -p /etc/nginx/sites-enabled &&
sed -i 's/^worker_processes .*/worker_processes 1;/' /etc/nginx/nginx.conf &&
ln -sf ${folder}/site.conf /etc/nginx/sites-enabled/bench && exec $PIN nginx -g 'daemon off;'`,
    },
  ];
}

/** What stands in for rsyslog, which the distribution gives a socket in HAProxy's own root folder. */
const HAPROXY_LOG = "/var/lib/haproxy/dev/log";

function haproxy(/** @type {Place} */ { ports, upstream, folder, pem }) {
  return [
    {
      image: "stock-balancers",
      files: {
        "bench.cfg": `
cache responses
  total-max-size 16
  max-object-size 65536
  max-age 60
frontend bench
  bind 127.0.0.1:${ports.http}
  bind 127.0.0.1:${ports.https} ssl crt ${pem} alpn h2,http/1.1
  use_backend cached if { path_beg /cached/ }
  default_backend app
backend app
  server app 127.0.0.1:${upstream}
backend cached
  http-request cache-use responses
  http-response cache-store responses
  server app 127.0.0.1:${upstream}
`,
      },
      command: `mkdir -p /var/lib/haproxy/dev /run/haproxy &&
$PIN_OTHERS socat -u -b 65536 UNIX-RECV:${HAPROXY_LOG},mode=666 OPEN:/dev/null & sleep 0.2
ln -sf ${HAPROXY_LOG} /dev/log && sed -i 's/^global$/global\\n  nbthread 1/' /etc/haproxy/haproxy.cfg && exec $PIN haproxy -db -f /etc/haproxy/haproxy.cfg -f ${folder}/bench.cfg`,
    },
  ];
}

function traefik(/** @type {Place} */ { ports, upstream, folder, certificate, key }) {
  const dynamic = {
    tls: { certificates: [{ certFile: certificate, keyFile: key }] },
    http: {
      routers: {
        plain: { entryPoints: ["web"], rule: "PathPrefix(`/`)", service: "app" },
        secure: { entryPoints: ["websecure"], rule: "PathPrefix(`/`)", service: "app", tls: {} },
      },
      services: { app: { loadBalancer: { servers: [{ url: `http://127.0.0.1:${upstream}` }] } } },
    },
  };
  const options = [
    "--global.checknewversion=false",
    "--global.sendanonymoususage=false",
    `--entrypoints.web.address=127.0.0.1:${ports.http}`,
    `--entrypoints.websecure.address=127.0.0.1:${ports.https}`,
    `--providers.file.filename=${folder}/dynamic.yml`,
  ];
  return [
    {
      image: "traefik",
      // JSON is YAML.
      files: { "dynamic.yml": JSON.stringify(dynamic) },
      command: `GOMAXPROCS=1 exec $PIN traefik ${options.join(" ")}`,
    },
  ];
}

/** A rate of each client that one client which is all of them does not reach. */
const OUT_OF_REACH = { perClient: { rate: /** @type {const} */ ("1000000r/s"), burst: 1_000_000 } };

/**
 * Ours, as the component renders it: nothing is switched off. Only the rate per client is out of reach, because all clients here are
 * one address; it is counted as ever. Plain HTTP with TLS on is a redirect, so HTTP is served by a second balancer without TLS.
 * @param {(options: import("@testbro/components/load-balancer/nginx").NginxOptions) => string} render
 * @param {Partial<import("@testbro/components/load-balancer/nginx").NginxOptions>} [changes] for finding out what something costs
 */
export const ours = (render, changes = {}) =>
  function (/** @type {Place} */ { ports, upstream, app, resolver, folder, certificate, key }) {
    const to = { host: "app.test", port: upstream };
    const node = { host: "app.test", port: app };
    const shared = {
      routes: [
        { name: "app", path: "/", to },
        { name: "cached", path: "/cached/", to, cache: {} },
        { name: "node", path: "/app", to: node },
        { name: "node-cached", path: "/cached/app", to: node, cache: {} },
      ],
      resolver: { addresses: [resolver] },
      limits: OUT_OF_REACH,
      processes: { workers: 1 },
      ...changes,
    };
    const instance = (/** @type {string} */ file, /** @type {string} */ text) => ({
      image: "nginx",
      files: { [file]: text },
      // The log goes to a pipe as in a container of a platform, whose engine reads it.
      command: `NGINX_CONFIG=${folder}/${file} $PIN testbro-nginx | $PIN_OTHERS cat > /dev/null`,
    });
    const tls = { certificates: [{ certificateFile: certificate, keyFile: key }] };
    return [
      instance("plain.conf", render({ ...shared, tls: false, ports: { http: ports.http, status: ports.status[0] } })),
      instance("tls.conf", render({ ...shared, tls, ports: { http: false, https: ports.https, status: ports.status[1] } })),
    ];
  };

/**
 * Traefik as our component renders it, with its limits, headers, JSON log, compression, retries and metrics; again the rate per client out
 * of reach, and again two of them. Its upstream is one address: Traefik learns of replicas from the platform, not at a request.
 * @param {(options: import("@testbro/components/load-balancer/traefik").TraefikOptions) => {staticText: string, dynamicText: string}} render
 */
const oursWithTraefik = (render) =>
  function (/** @type {Place} */ { ports, upstream, folder, certificateText, keyText }) {
    const shared = {
      routes: [{ name: "app", path: "/", to: { host: "127.0.0.1", port: upstream } }],
      limits: OUT_OF_REACH,
    };
    const instance = (/** @type {string} */ name, /** @type {ReturnType<typeof render>} */ { staticText, dynamicText }) => ({
      image: "traefik",
      files: { [`${name}.yml`]: staticText, [`${name}-routes.yml`]: dynamicText },
      command: `TRAEFIK_CONFIG=${folder}/${name}.yml TRAEFIK_ROUTES=${folder}/${name}-routes.yml TRAEFIK_HOST_ACCESS= GOMAXPROCS=1 $PIN testbro-traefik | $PIN_OTHERS cat > /dev/null`,
    });
    const tls = { certificates: [{ certificate: certificateText, key: keyText }] };
    return [
      instance("plain", render({ ...shared, tls: false, ports: { http: ports.http, status: ports.status[0] ?? 0 } })),
      instance("tls", render({ ...shared, tls, ports: { http: false, https: ports.https, status: ports.status[1] ?? 0 } })),
    ];
  };

/**
 * @param {(options: import("@testbro/components/load-balancer/nginx").NginxOptions) => string} render
 * @param {Parameters<typeof oursWithTraefik>[0]} renderTraefik
 * @returns {Contender[]} ours first
 */
export const contenders = (render, renderTraefik) => [
  { id: "ours", title: "TestBro", version: "nginx -v", caches: true, instances: ours(render) },
  { id: "nginx-1.30", title: "nginx 1.30, stock", version: "nginx -v", caches: true, instances: stockNginx("nginx") },
  { id: "nginx-1.26", title: "nginx 1.26, stock", version: "nginx -v", caches: false, instances: stockNginx("stock-balancers") },
  { id: "haproxy", title: "HAProxy, stock", version: "haproxy -v", caches: true, instances: haproxy },
  { id: "traefik", title: "Traefik", version: "traefik version", caches: false, instances: traefik },
  {
    id: "ours-traefik",
    title: "TestBro with Traefik",
    version: "traefik version",
    caches: false,
    instances: oursWithTraefik(renderTraefik),
  },
];

/** The same upstream for all, which answers at a small part of what asking it costs a balancer. @param {number} port @param {string} folder */
export const upstream = (port, folder) => ({
  image: "stock-balancers",
  files: {
    "upstream.conf": `worker_processes 1;
daemon off;
error_log stderr;
events { worker_connections 8192; }
http {
  access_log off;
  server_tokens off;
  sendfile on;
  tcp_nopush on;
  keepalive_requests 100000000;
  open_file_cache max=10;
  server {
    listen 127.0.0.1:${port} backlog=4096;
    root ${folder};
    location /cached/ { add_header Cache-Control "public, max-age=10"; alias ${folder}/; }
    types { application/json json; image/webp webp; }
  }
}
`,
    [SMALL_FILE]: SMALL_BODY,
    [LARGE_FILE]: "x".repeat(LARGE_BODY_BYTES),
  },
  command: `exec $PIN_OTHERS nginx -c ${folder}/upstream.conf`,
});

/** The least that an app in Node.js can do. @param {number} port @param {string} folder */
export const app = (port, folder) => ({
  image: "node",
  files: {
    "app.mjs": `import { createServer } from "node:http";
const body = ${JSON.stringify(SMALL_BODY)};
const headers = { "content-type": "application/json", "content-length": body.length };
createServer((request, response) => response.writeHead(200, headers).end(body)).listen(${port}, "127.0.0.1");
`,
  },
  command: `exec $PIN_OTHERS node ${folder}/app.mjs`,
});
