import assert from "node:assert/strict";
import type { NginxOptions } from "@testbro/components/load-balancer/nginx";
import { leaksOf, withAttacks } from "./fixture";
import type { Seen } from "./tasks";

/** Ways to write a path that leads to /admin/. */
const WAYS_TO_ADMIN = [
  "/admin/",
  "/admin/users",
  "/%61dmin/",
  "/%61%64%6d%69%6e/",
  "//admin/",
  "/admin%2f",
  "/admin//x",
  "/admin/?a=/../x",
];

/** What is not the guarded path to any server that follows the standard; it may reach the app, as it stands. */
const OTHER_PATHS = ["/x/%252e%252e/admin/", "/%c0%ae%c0%ae/admin/", "/x/..%u2215admin/"];

/** Ways that lead to /admin/ by a detour, some only to a server that takes `;` or `\\` for an end; and ways out of it. */
const DETOURS = [
  ...["/x/../admin/", "/x/./../admin/", "/x/%2e%2e/admin/", "/x/%2E%2E%2Fadmin/", "/x/..%2fadmin/", "/x%2f..%2fadmin/", "/.//admin/"],
  ...["/./admin/", "/x/y/../../admin/x/..", "/x/../admin/?a=/../x", "/admin/%2e", "/..;/admin/", "/x/..\\admin/", "/x/..%5cadmin/"],
  ...["/admin/..%2fx", "/admin/x/..%2f..%2fy", "/admin/..;/x", "/admin/..\\x", "/admin/../x"],
];

/** Paths outside of everything. */
const OUTSIDE = [
  "/../../etc/passwd",
  "/..%2f..%2fetc/passwd",
  "/%2e%2e/%2e%2e/etc/passwd",
  "/x/../../../etc/shadow",
  "/x%00.html",
  "/%",
  "/%zz",
];

/** A request's bytes; the head is given line by line. */
function bytes(lines: readonly string[], body = ""): string {
  return `${lines.join("\r\n")}\r\n\r\n${body}`;
}

/** Status of each answer in what came back. */
function statuses(answer: string): number[] {
  return [...answer.matchAll(/^HTTP\/1\.1 (\d{3}) /gm)].map(([, status]) => Number(status));
}

describe("nginx under attack: malformed and misleading", function () {
  this.timeout(120_000);
  const attacks = withAttacks();

  /** An app with a part that only some other network may see. */
  async function guarded(more: Omit<Partial<NginxOptions>, "tls"> = {}) {
    const attack = await attacks.start({}, more);
    const { nginx, replica } = attack;
    const to = { host: replica.address, port: replica.port };
    nginx.write({
      hosts: ["localhost"],
      headers: { hide: ["X-Replica"] },
      routes: [
        { name: "app", path: "/", to, websocket: true },
        { name: "admin", path: "/admin/", to, access: { allow: ["192.0.2.1"] } },
      ],
      ...more,
    });
    await nginx.reload();
    return { ...attack, to: attack.attacker.to(nginx), host: `Host: localhost:${nginx.ports.https}` };
  }

  function silent(answers: readonly Seen[]): void {
    for (const { path, headers, text } of answers) assert.deepEqual(leaksOf(headers, text), [], path);
  }

  it("a guarded path is guarded however it is written, and nothing leads outside", async () => {
    const { replica, attacker, to } = await guarded();
    const answers = await attacker.run(
      "ask",
      to,
      [...WAYS_TO_ADMIN, ...DETOURS, ...OUTSIDE].map((path) => ({ path })),
    );
    silent(answers);
    for (const { path, status } of answers) assert.equal(status, WAYS_TO_ADMIN.includes(path) ? 403 : 400, path);
    assert.equal(replica.seen.length, 0);
    // What another kind of server might take for it arrives as it was sent, for the app to judge: never decoded or shortened on the way.
    await attacker.run(
      "ask",
      to,
      OTHER_PATHS.map((path) => ({ path })),
    );
    for (const line of replica.seen) assert.ok(OTHER_PATHS.includes(line.replace("GET ", "")), line);
  });

  it("headers, lines and bodies that are too large are refused before a replica sees them, over HTTP/1.1 and chunked", async () => {
    const { replica, attacker, citizen, unharmed, nginx, to, host } = await guarded();
    const large = Buffer.alloc(2 * 2 ** 20, "x");
    const [answers, seen] = await Promise.all([
      attacker.run("ask", to, [
        { path: "/", question: { headers: { "x-large": "x".repeat(9000) } } },
        { path: "/", question: { headers: Object.fromEntries(Array.from({ length: 6 }, (_, i) => [`x-${i}`, "x".repeat(7000)])) } },
        { path: "/", question: { headers: { cookie: "a=b; ".repeat(5000) } } },
        { path: `/?${"x".repeat(9000)}` },
        { path: "/", question: { method: "POST", body: large } },
        {
          path: "/",
          question: { method: "POST", body: large, headers: { "content-length": String(large.length), expect: "100-continue" } },
        },
      ]),
      citizen.run("steady", citizen.to(nginx), { path: "/", rate: 40, seconds: 3 }),
    ]);
    silent(answers);
    // A balancer that refuses a body while it still arrives may reset the connection before the answer is read.
    const outcomes = answers.map(({ status, failure }) => (failure === undefined ? status : 413));
    assert.deepEqual(outcomes, [400, 400, 400, 414, 413, 413]);
    const chunk = `10000\r\n${"x".repeat(0x10000)}\r\n`;
    const chunked = await attacker.run("raw", to, bytes(["POST / HTTP/1.1", host, "Transfer-Encoding: chunked"], chunk.repeat(20)));
    assert.deepEqual(statuses(chunked).slice(0, 1), [413]);
    const claimed = await attacker.run("raw", to, bytes(["POST / HTTP/1.1", host, "Content-Length: 99999999999999999999"]));
    assert.deepEqual(statuses(claimed), [400]);
    assert.equal(replica.seen.length, seen.length);
    unharmed(seen);
  });

  it("requests whose end can be read in two ways are refused, and never become two at the replica", async () => {
    const { replica, attacker, to, host } = await guarded();
    const hidden = bytes(["GET /smuggled HTTP/1.1", "Host: localhost"]);
    const post = ["POST / HTTP/1.1", host];
    const ambiguous: [string, string][] = [
      ["both lengths", bytes([...post, "Content-Length: 6", "Transfer-Encoding: chunked"], `0\r\n\r\n${hidden}`)],
      ["both lengths, the other way", bytes([...post, "Transfer-Encoding: chunked", "Content-Length: 4"], `5c\r\n${hidden}\r\n0\r\n\r\n`)],
      ["two lengths", bytes([...post, "Content-Length: 0", `Content-Length: ${hidden.length}`], hidden)],
      ["the same length twice", bytes([...post, "Content-Length: 0", "Content-Length: 0"], hidden)],
      ["a list of lengths", bytes([...post, "Content-Length: 0, 0"], hidden)],
      ["a signed length", bytes([...post, "Content-Length: +0"], hidden)],
      ["a negative length", bytes([...post, "Content-Length: -1"], hidden)],
      ["a hexadecimal length", bytes([...post, "Content-Length: 0x0"], hidden)],
      ["a space before the colon", bytes([...post, "Content-Length : 5"], hidden)],
      ["a folded line", bytes([...post, "X-A: b", " Content-Length: 5"], hidden)],
      ["a folded encoding", bytes([...post, "Transfer-Encoding:", " chunked"], `0\r\n\r\n${hidden}`)],
      ["two encodings", bytes([...post, "Transfer-Encoding: chunked", "Transfer-Encoding: identity"], `0\r\n\r\n${hidden}`)],
      ["an encoding that only looks like one", bytes([...post, "Transfer-Encoding: xchunked"], `0\r\n\r\n${hidden}`)],
      ["a vertical tab in the encoding", bytes([...post, "Transfer-Encoding: \x0bchunked"], `0\r\n\r\n${hidden}`)],
      ["an encoding in HTTP/1.0", bytes(["POST / HTTP/1.0", host, "Transfer-Encoding: chunked"], `0\r\n\r\n${hidden}`)],
      ["a chunk size that overflows", bytes([...post, "Transfer-Encoding: chunked"], `FFFFFFFFFFFFFFFFF\r\n${hidden}`)],
      ["a chunk size that is none", bytes([...post, "Transfer-Encoding: chunked"], `0x5\r\n${hidden}`)],
      ["two hosts", bytes(["GET / HTTP/1.1", host, "Host: evil.test"])],
      ["no host", bytes(["GET / HTTP/1.1"])],
      ["a host with a space", bytes(["GET / HTTP/1.1", "Host: localhost evil.test"])],
      ["a line without an end in a value", bytes(["GET / HTTP/1.1", host, "X-A: b\rX-B: c"])],
      ["a zero byte", bytes(["GET / HTTP/1.1", host, "X-A: b\0c"])],
      ["an older protocol", "GET /smuggled\r\n"],
    ];
    const came = await Promise.all(ambiguous.map(([, sent]) => attacker.run("raw", to, sent)));
    for (const [index, [what]] of ambiguous.entries()) {
      const answer = came[index] ?? "";
      const [first = 0, ...more] = statuses(answer);
      if (what !== "an older protocol") assert.ok(first === 400 || first === 501, `${what}: ${first} ${answer.slice(0, 300)}`);
      assert.deepEqual(more, [], `${what}: it was answered more than once`);
      assert.deepEqual(leaksOf({}, answer), [], what);
    }
    assert.deepEqual(replica.seen, []);
  });

  it("an upgrade to anything but WebSocket stays behind: no connection to a replica that the rules do not see", async () => {
    const { replica, attacker, to } = await guarded();
    for (const upgrade of ["h2c", "h2c, websocket", "TLS/1.0", "websocketx"]) {
      const headers = { upgrade, connection: "Upgrade, HTTP2-Settings", "http2-settings": "AAMAAABkAARAAAAAAAIAAAAA" };
      const [answer] = await attacker.run("ask", to, [{ path: "/", question: { headers } }]);
      assert.equal(answer?.status, 200, upgrade);
      assert.equal(replica.headers.upgrade, undefined, upgrade);
      assert.doesNotMatch(replica.headers.connection ?? "", /upgrade/i, upgrade);
    }
  });

  it("a host that is not ours is refused, and no header makes it ours", async () => {
    const { replica, nginx, attacker, to } = await guarded();
    const { https, http, status } = nginx.ports;
    const raw = (lines: string[]) => attacker.run("raw", to, bytes(lines));
    const strangers = ["evil.test", "localhost.evil.test", "127.0.0.1", `${to.address}:${https}`, `127.0.0.1:${status}`, "nginx"];
    const refused = await Promise.all(strangers.map((host) => raw(["GET / HTTP/1.1", `Host: ${host}`])));
    for (const [index, answer] of refused.entries()) {
      assert.deepEqual(statuses(answer), [421], strangers[index]);
      assert.deepEqual(leaksOf({}, answer), []);
    }
    assert.deepEqual(replica.seen, []);
    const spoof = ["X-Forwarded-Host: evil.test", "X-Host: evil.test", "Forwarded: host=evil.test", "X-Original-URL: /admin/"];
    assert.deepEqual(statuses(await raw(["GET / HTTP/1.1", `Host: localhost:${https}`, ...spoof])), [200]);
    assert.deepEqual(replica.seen, ["GET /"]);
    assert.equal(replica.headers.host, `localhost:${https}`);
    assert.equal(replica.headers["x-forwarded-host"], `localhost:${https}`);
    for (const name of ["forwarded", "x-host", "x-original-url"]) assert.equal(replica.headers[name], undefined, name);
    // Plain HTTP redirects to itself only.
    const plain = await attacker.run("ask", to, [
      { path: "//evil.test/%0d%0aSet-Cookie:%20a=b", question: { scheme: "http", port: http } },
      { path: "/", question: { scheme: "http", port: http, host: "evil.test" } },
    ]);
    assert.equal(plain[0]?.headers["location"], `https://localhost:${https}//evil.test/%0d%0aSet-Cookie:%20a=b`);
    assert.equal(plain[0]?.headers["set-cookie"], undefined);
    assert.equal(plain[1]?.status, 0);
  });

  it("status and metrics are not to be had through the ports that are published", async () => {
    const { replica, nginx, attacker, to } = await guarded();
    const { status, http, https } = nginx.ports;
    const paths = ["/stub_status", "/metrics", "/healthz", "/.api-key/app", "/nginx_status", "/server-status"];
    const hosts = [`localhost:${https}`, `localhost:${status}`, `127.0.0.1:${status}`];
    const asked = paths.flatMap((path) => hosts.map((host) => bytes([`GET ${path} HTTP/1.1`, `Host: ${host}`])));
    for (const answer of await Promise.all(asked.map((request) => attacker.run("raw", to, request)))) {
      assert.ok([200, 404, 421].includes(statuses(answer)[0] ?? 0), answer);
      assert.doesNotMatch(answer, /nginx_connections|server accepts handled|^ok$/m);
    }
    const plain = await attacker.run(
      "ask",
      to,
      paths.map((path) => ({ path, question: { scheme: "http", port: http } })),
    );
    assert.ok(plain.every((answer) => answer.status === 308));
    // To the app they are paths like any other.
    assert.ok(replica.seen.length > 0 && replica.seen.every((line) => paths.includes(line.replace("GET ", ""))));
  });

  it("what an attacker makes up does not appear in the log as something else", async () => {
    const { nginx, attacker, to, host } = await guarded();
    const agent = `a" , "status":200,"route":"x"} \x1b[31m \\" é \x7f`;
    await attacker.run(
      "raw",
      to,
      bytes([`GET /log?secret=1 HTTP/1.1`, host, `User-Agent: ${agent}`, "Referer: \x01\x02", 'X-Request-Id: "}\n{']),
    );
    await attacker.run("raw", to, "\x16\x03\x01 nonsense\r\n\r\n");
    const log = await nginx.log();
    assert.ok(log.length >= 1);
    for (const line of log) assert.equal(line["client"], attacker.addresses[0], JSON.stringify(line));
    assert.doesNotMatch(JSON.stringify(log), /secret=1/);
  });
});
