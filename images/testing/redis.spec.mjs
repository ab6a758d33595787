import assert from "node:assert/strict";
import { sleep } from "../../toolchain/process.mjs";
import { laboratory } from "./laboratory.mjs";

/** @import { Container } from "./laboratory.mjs" */

describe("the redis image", function () {
  this.timeout(180_000);
  const lab = laboratory();
  /** @type {string} */
  let volume;
  before(async () => (volume = await lab().volume()));

  /** @param {Container} server @param {string[]} command @param {{ user?: string, password?: string }} [how] */
  async function ask(server, command, { user = "testbro", password = "redis-password" } = {}) {
    const script = `REDISCLI_AUTH=$(cat /secrets/${password}) exec redis-cli --tls --cacert /secrets/ca.crt --sni redis -h redis --user ${user} --no-auth-warning "$@"`;
    const { stdout, stderr } = await server.exec("sh", "-c", script, "redis-cli", ...command);
    return (stdout + stderr).trim();
  }

  it("starts, becomes healthy, is not root, and answers its user over TLS only", async () => {
    const server = await (await lab().redis({ volume, environment: { REDIS_MAXMEMORY: "64mb" } })).healthy();
    assert.equal(await server.user(), "10079");
    assert.equal(await ask(server, ["set", "kept", "1"]), "OK");
    assert.match(await ask(server, ["info", "memory"]), /maxmemory:67108864[^]*maxmemory_policy:noeviction/);
    assert.match(await ask(server, ["get", "kept"], { password: "monitor-password" }), /WRONGPASS/);
    assert.match((await server.exec("redis-cli", "-h", "redis", "ping")).stdout, /Connection reset|Server closed|Error|^$/);
    const anonymous = await server.exec(
      "redis-cli",
      "--tls",
      "--cacert",
      "/secrets/ca.crt",
      "--sni",
      "redis",
      "-h",
      "redis",
      "get",
      "kept",
    );
    assert.match(anonymous.stdout + anonymous.stderr, /NOAUTH/);
    assert.equal(await server.stop(), 0);
  });

  it("lets the application work with data and not administer the server", async () => {
    const server = await (await lab().redis({ volume })).healthy();
    assert.equal(await ask(server, ["eval", "return redis.call('incr', KEYS[1])", "1", "counter"]), "1");
    for (const command of [["config", "set", "maxmemory", "1"], ["flushall"], ["keys", "*"], ["acl", "list"], ["shutdown"]]) {
      assert.match(await ask(server, command), /NOPERM/, command.join(" "));
    }
    await server.stop();
  });

  it("lets the monitoring user see statistics and no data", async () => {
    const server = await (await lab().redis({ volume })).healthy();
    const monitor = { user: "testbro_monitor", password: "monitor-password" };
    assert.match(await ask(server, ["info", "server"], monitor), /redis_version:8\./);
    assert.match(await ask(server, ["get", "kept"], monitor), /NOPERM/);
    await server.stop();
  });

  it("keeps single writes and transactions when it is killed", async () => {
    const server = await (await lab().redis({ volume })).healthy();
    await ask(server, ["eval", "redis.call('set', KEYS[1], 'a') redis.call('set', KEYS[2], 'b') return 1", "2", "first", "second"]);
    await ask(server, ["set", "single", "c"]);
    // Longer than the second between two flushes of the append-only file.
    await sleep(1500);
    await server.kill();
    const again = await (await lab().redis({ volume })).healthy();
    assert.deepEqual((await ask(again, ["mget", "first", "second", "single", "kept"])).split("\n"), ["a", "b", "c", "1"]);
    await again.stop();
  });

  it("names every problem of its environment at once and ends", async () => {
    const environment = {
      REDIS_USER: "default",
      REDIS_PASSWORD_FILE: "",
      REDIS_TLS_CERT_FILE: "/secrets/missing",
      REDIS_MAXMEMORY: "lots",
    };
    const server = await lab().redis({ volume: await lab().volume(), environment });
    assert.equal(await server.ended(), 1);
    const logs = await server.logs();
    for (const problem of [
      /REDIS_USER is "default", the user that is switched off here/,
      /REDIS_PASSWORD_FILE is not set/,
      /REDIS_TLS_CERT_FILE is "\/secrets\/missing", which user 10079 cannot read/,
      /REDIS_MAXMEMORY is "lots": use a number of bytes/,
    ]) {
      assert.match(logs, problem);
    }
  });
});
