import assert from "node:assert/strict";
import { laboratory } from "./laboratory.mjs";

/** @import { Container } from "./laboratory.mjs" */

describe("the postgres image", function () {
  this.timeout(180_000);
  const lab = laboratory();
  /** @type {string} */
  let volume;
  before(async () => (volume = await lab().volume()));

  /**
   * Asks as a client on the network would.
   * @param {Container} server @param {string} query @param {{ user?: string, password?: string, tls?: string }} [how]
   */
  function ask(
    server,
    query,
    { user = "testbro", password = "postgres-password", tls = "sslmode=verify-full sslrootcert=/secrets/ca.crt" } = {},
  ) {
    const connection = `host=postgres user=${user} dbname=testbro connect_timeout=5 ${tls}`;
    return server.exec("sh", "-c", `PGPASSWORD=$(cat /secrets/${password}) exec psql -XAtw "$0" -c "$1"`, connection, query);
  }

  it("starts on an empty volume, becomes healthy, is not root, and answers over verified TLS only", async () => {
    const server = await (await lab().postgres({ volume })).healthy();
    assert.equal(await server.user(), "10070");
    const { stdout, stderr } = await ask(
      server,
      "create table kept as select 1 as one; select version from pg_stat_ssl where pid = pg_backend_pid()",
    );
    assert.match(stdout, /TLSv1\.[23]/, stderr);
    const plain = await ask(server, "select 1", { tls: "sslmode=disable" });
    assert.match(plain.stderr, /no pg_hba\.conf entry .* no encryption/);
    const wrong = await ask(server, "select 1", { password: "monitor-password" });
    assert.match(wrong.stderr, /password authentication failed/);
    const superuser = await ask(server, "select 1", { user: "postgres" });
    assert.match(superuser.stderr, /rejects connection/);
    assert.equal(await server.stop(), 0);
    assert.match(await server.logs(), /database system is shut down/, "SIGTERM is a fast shutdown, not a crash");
  });

  it("sets a changed password on a kept volume", async () => {
    const before = await (await lab().postgres({ volume })).healthy();
    assert.equal((await ask(before, "select one from kept")).stdout.trim(), "1");
    await before.stop();
    lab().write("new-password", "rotated");
    const after = await (await lab().postgres({ volume, environment: { POSTGRES_PASSWORD_FILE: "/secrets/new-password" } })).healthy();
    assert.equal((await ask(after, "select one from kept", { password: "new-password" })).stdout.trim(), "1");
    assert.match((await ask(after, "select 1")).stderr, /password authentication failed/);
    await after.stop();
  });

  it("gives the monitoring user statistics and no data", async () => {
    const server = await (await lab().postgres({ volume })).healthy();
    const monitor = { user: "testbro_monitor", password: "monitor-password" };
    assert.match((await ask(server, "select count(*) from pg_stat_activity", monitor)).stdout, /^\d+$/m);
    assert.match((await ask(server, "select * from kept", monitor)).stderr, /permission denied/);
    await server.stop();
  });

  it("keeps a slot for the health check when clients take every connection", async () => {
    const server = await (await lab().postgres({ volume, command: ["-c", "max_connections=12"] })).healthy();
    const client = 'PGPASSWORD=$(cat /secrets/postgres-password) psql -Xqw "host=127.0.0.1 user=testbro dbname=testbro sslmode=require"';
    const crowd = `for n in $(seq 15); do ${client} -c "select pg_sleep(60)" >/dev/null 2>&1 & done; wait`;
    await lab().docker("exec", "--detach", server.name, "sh", "-c", crowd);
    let refused = "";
    try {
      const end = Date.now() + 40_000;
      while (Date.now() < end && !/connection slots/.test(refused)) refused = (await ask(server, "select 1")).stderr;
      assert.match(refused, /remaining connection slots are reserved/);
      const health = await server.exec("testbro-postgres-health");
      assert.equal(health.code, 0, health.stderr);
    } finally {
      // The next tests need its volume.
      await server.kill();
    }
  });

  it("recovers from being killed, whatever its process file says", async () => {
    const server = await (await lab().postgres({ volume })).healthy();
    await ask(server, "insert into kept values (2)");
    await server.kill();
    const again = await (await lab().postgres({ volume })).healthy();
    assert.equal((await ask(again, "select count(*) from kept")).stdout.trim(), "2");
    await again.stop();
  });

  it("does not let two servers use one volume", async () => {
    const first = await (await lab().postgres({ volume })).healthy();
    const second = await lab().postgres({ volume });
    let logs = "";
    while (!logs.includes("another server uses this volume")) logs = await second.logs();
    assert.equal(await first.stop(), 0);
    // The one that waited takes over.
    await second.healthy();
    await second.stop();
  });

  it("names every problem of its environment at once and ends", async () => {
    lab().write("empty", "");
    const environment = {
      POSTGRES_USER: "postgres",
      POSTGRES_DATABASE: "Bad-Name",
      POSTGRES_PASSWORD_FILE: "/secrets/empty",
      POSTGRES_TLS_KEY_FILE: "/secrets/missing",
      POSTGRES_TLS_CERT_FILE: "",
    };
    const server = await lab().postgres({ volume: await lab().volume(), environment });
    assert.equal(await server.ended(), 1);
    const logs = await server.logs();
    for (const problem of [
      /POSTGRES_USER is "postgres", a name that PostgreSQL keeps for itself/,
      /POSTGRES_DATABASE is "Bad-Name": use lower-case letters/,
      /POSTGRES_PASSWORD_FILE is "\/secrets\/empty", an empty file/,
      /POSTGRES_TLS_KEY_FILE is "\/secrets\/missing", which user 10070 cannot read/,
      /POSTGRES_TLS_CERT_FILE is not set/,
    ]) {
      assert.match(logs, problem);
    }
  });
});
