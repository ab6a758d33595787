import assert from "node:assert/strict";
import { laboratory } from "./laboratory.mjs";

const CONFIGURATION = `
load_module modules/ngx_http_brotli_filter_module.so;
load_module modules/ngx_http_brotli_static_module.so;
load_module modules/ngx_http_image_filter_module.so;
pid /run/nginx/nginx.pid;
events {}
http {
  brotli on;
  brotli_min_length 1;
  brotli_types text/plain;
  upstream later { zone later 64k; server not-there-yet:80 resolve; resolver 127.0.0.11 valid=1s; }
  server {
    listen 8080;
    location = /healthz { default_type text/plain; return 200 "fine, and long enough to be worth compressing\\n"; }
    location = /status { stub_status; }
    location = /image { image_filter size; proxy_pass http://later; }
  }
}
`;

describe("the nginx image", function () {
  this.timeout(120_000);
  const lab = laboratory();
  const options = ["--tmpfs", "/var/lib/nginx", "--tmpfs", "/var/cache/nginx", "--tmpfs", "/run/nginx"];

  /** @param {string} configuration */
  function start(configuration) {
    lab().write("nginx.conf", configuration);
    return lab().start("nginx", {
      alias: "nginx",
      options: [...options, "--volume", `${lab().folder}/nginx.conf:/etc/nginx/nginx.conf:ro`],
    });
  }

  it("runs a configuration with brotli, image filter and resolving upstreams, is not root, and stops gracefully", async () => {
    const nginx = await start(CONFIGURATION);
    const url = "http://127.0.0.1:8080/healthz";
    const answer = await nginx.exec(
      "curl",
      "-fsS",
      "--retry",
      "30",
      "--retry-connrefused",
      "--retry-delay",
      "1",
      "-D",
      "-",
      "-o",
      "/dev/null",
      "-H",
      "Accept-Encoding: br",
      url,
    );
    assert.match(answer.stdout, /^content-encoding: br/im, answer.stderr + (await nginx.logs()));
    assert.equal(await nginx.user(), "10101");
    assert.match(await nginx.logs(), /GET \/healthz HTTP\/1\.1" 200/, "the access log is the container's output");
    assert.equal(await nginx.inspect("{{.Config.StopSignal}}"), "SIGQUIT");
    assert.equal(await nginx.stop(), 0);
  });

  it("brings the exporter of its status page", async () => {
    const nginx = await start(CONFIGURATION);
    const exporter = await lab().start("nginx", { command: ["prometheus-nginx-exporter", "--nginx.scrape-uri=http://nginx:8080/status"] });
    const answer = await exporter.exec(
      "curl",
      "-fsS",
      "--retry",
      "30",
      "--retry-connrefused",
      "--retry-delay",
      "1",
      "http://127.0.0.1:9113/metrics",
    );
    assert.match(answer.stdout, /^nginx_up 1$/m, answer.stderr + (await exporter.logs()));
    await Promise.all([nginx.kill(), exporter.kill()]);
  });

  it("ends with nginx's own words when the configuration is wrong, or with what is missing", async () => {
    const wrong = await start("events {}\nhttp { server { listen 8080; no_such_directive on; } }\n");
    assert.equal(await wrong.ended(), 1);
    assert.match(await wrong.logs(), /unknown directive "no_such_directive" in \/etc\/nginx\/nginx\.conf:2/);
    const missing = await lab().start("nginx", { options });
    assert.equal(await missing.ended(), 1);
    assert.match(await missing.logs(), /no readable configuration at \/etc\/nginx\/nginx\.conf: mount one there/);
  });
});
