import assert from "node:assert/strict";
import { sleep } from "../../toolchain/process.mjs";
import { laboratory } from "./laboratory.mjs";

/** @import { Container } from "./laboratory.mjs" */

/** What a page of a container says, asked with bash as there is no other client in these images. @param {Container} container @param {number} port @param {string} path */
async function page(container, port, path) {
  const script = `exec 3<>/dev/tcp/127.0.0.1/${port}; printf 'GET ${path} HTTP/1.0\\r\\n\\r\\n' >&3; cat <&3`;
  return (await container.exec("bash", "-c", script)).stdout;
}

/** Asks again until the page says it. @param {Container} container @param {number} port @param {string} path @param {RegExp} expected */
async function says(container, port, path, expected) {
  let text = "";
  for (let turn = 0; turn < 40; turn++) {
    text = await page(container, port, path);
    if (expected.test(text)) return text;
    await sleep(500);
  }
  throw new assert.AssertionError({ message: `${path} never said ${expected}:\n${text.slice(0, 2000)}\n${await container.logs()}` });
}

describe("the prometheus image", function () {
  this.timeout(120_000);
  const lab = laboratory();

  it("runs Prometheus, which is not root and checks its configuration with promtool", async () => {
    lab().write(
      "prometheus.yml",
      "scrape_configs: [{ job_name: self, scrape_interval: 1s, static_configs: [{ targets: ['127.0.0.1:9090'] }] }]\n",
    );
    const options = [
      "--volume",
      `${lab().folder}/prometheus.yml:/etc/prometheus/prometheus.yml:ro`,
      "--volume",
      `${await lab().volume()}:/var/lib/prometheus`,
    ];
    const prometheus = await lab().start("prometheus", { options });
    await says(prometheus, 9090, "/api/v1/query?query=up", /"value":\[[\d.]+,"1"\]/);
    assert.equal(await prometheus.user(), "10090");
    assert.equal((await prometheus.exec("promtool", "check", "config", "/etc/prometheus/prometheus.yml")).code, 0);
    assert.equal((await prometheus.exec("testbro-http-health", "9090", "/-/healthy")).code, 0);
    assert.equal(await prometheus.stop(), 0);
  });

  it("runs Alertmanager", async () => {
    lab().write("alertmanager.yml", "route: { receiver: nobody }\nreceivers: [{ name: nobody }]\n");
    const command = ["alertmanager", "--config.file=/secrets/alertmanager.yml", "--storage.path=/var/lib/alertmanager"];
    const alertmanager = await lab().start("prometheus", {
      command,
      options: ["--volume", `${await lab().volume()}:/var/lib/alertmanager`],
    });
    await says(alertmanager, 9093, "/-/ready", /200 OK/);
    // Webhooks, Slack and mail are elsewhere.
    assert.ok((await alertmanager.publicAuthorities()) > 50);
    assert.equal(await alertmanager.stop(), 0);
  });
});

describe("the exporters image", function () {
  this.timeout(180_000);
  const lab = laboratory();

  it("reads PostgreSQL as the monitoring user over verified TLS", async () => {
    const server = await (await lab().postgres({ volume: await lab().volume() })).healthy();
    const environment = { POSTGRES_MONITOR_PASSWORD_FILE: "/secrets/monitor-password", POSTGRES_CA_FILE: "/secrets/ca.crt" };
    const exporter = await lab().start("exporters", { command: ["testbro-postgres-exporter"], environment });
    const text = await says(exporter, 9187, "/metrics", /^pg_up 1$/m);
    assert.match(text, /^pg_stat_database_numbackends\{.*datname="testbro"/m);
    assert.equal(await exporter.user(), "10091");
    await Promise.all([server.kill(), exporter.kill()]);
  });

  it("reads Redis as the monitoring user over verified TLS", async () => {
    const server = await (await lab().redis({ volume: await lab().volume() })).healthy();
    const environment = { REDIS_MONITOR_PASSWORD_FILE: "/secrets/monitor-password", REDIS_CA_FILE: "/secrets/ca.crt" };
    const exporter = await lab().start("exporters", { command: ["testbro-redis-exporter"], environment });
    const text = await says(exporter, 9121, "/metrics", /^redis_up 1$/m);
    assert.match(text, /^redis_exporter_last_scrape_error\{err=""\} 0$/m);
    await Promise.all([server.kill(), exporter.kill()]);
  });

  it("reads the node", async () => {
    const exporter = await lab().start("exporters");
    await says(exporter, 9100, "/metrics", /^node_memory_MemAvailable_bytes /m);
    await exporter.kill();
  });

  it("asks addresses over verified TLS, and trusts an authority of one's own besides the public ones", async () => {
    lab().write("web.yml", "tls_server_config: { cert_file: /secrets/postgres.crt, key_file: /secrets/postgres.key }\n");
    lab().write("blackbox.yml", "modules: { https: { prober: http, http: { fail_if_not_ssl: true, preferred_ip_protocol: ip4 } } }\n");
    const site = await lab().start("exporters", {
      alias: "site",
      command: ["prometheus-node-exporter", "--web.config.file=/secrets/web.yml"],
    });
    const command = ["prometheus-blackbox-exporter", "--config.file=/secrets/blackbox.yml"];
    const own = ["--volume", `${lab().folder}/ca.crt:/etc/blackbox/authorities/own.pem:ro`];
    const [stranger, friend] = await Promise.all([
      lab().start("exporters", { command }),
      lab().start("exporters", { command, options: own, environment: { SSL_CERT_DIR: "/etc/blackbox/authorities" } }),
    ]);
    const question = "/probe?module=https&hostname=postgres&target=https://site:9100/";
    await says(friend, 9115, question, /^probe_success 1$/m);
    await says(stranger, 9115, question, /^probe_success 0$/m);
    assert.ok((await friend.publicAuthorities()) > 50);
    await Promise.all([site.kill(), stranger.kill(), friend.kill()]);
  });

  it("says which file is missing", async () => {
    for (const [command, problem] of /** @type {const} */ ([
      ["testbro-postgres-exporter", /POSTGRES_MONITOR_PASSWORD_FILE is "", not a readable file/],
      ["testbro-redis-exporter", /REDIS_MONITOR_PASSWORD_FILE is "", not a readable file/],
    ])) {
      const exporter = await lab().start("exporters", { command: [command] });
      assert.equal(await exporter.ended(), 1);
      assert.match(await exporter.logs(), problem);
    }
  });
});
