import assert from "node:assert/strict";
import { mkdirSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { brotliCompressSync, brotliDecompressSync, gunzipSync, gzipSync } from "node:zlib";
import type { FilesRoute, NginxOptions, ProxyRoute } from "@testbro/components/load-balancer/nginx";
import { ask } from "./ask";
import { withNginx } from "./fixture";
import type { Handler, Replica } from "./replica";

const SCRIPT = "console.log('hello');\n".repeat(200);

/** What browsers send for an image: with both formats, with one of them, with neither. */
const CHROME = "image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8";
const OLDER = "image/webp,*/*";
const OLD = "image/png,image/svg+xml,image/*;q=0.8,*/*;q=0.5";

describe("nginx: files and formats", function () {
  this.timeout(60_000);
  const balancer = withNginx();

  /** A balancer with one route of files. */
  function serve(
    entries: Record<string, string | Buffer>,
    route: Partial<FilesRoute> = {},
    options: Omit<Partial<NginxOptions>, "tls"> = {},
  ) {
    const files = { root: "/srv/site", ...route.files };
    const routes = [{ name: "site", path: "/", ...route, files }];
    return balancer.start({ routes, limits: { perClient: false }, ...options }, (folder) => {
      for (const [path, content] of Object.entries(entries)) {
        mkdirSync(dirname(join(folder, "srv", path)), { recursive: true });
        writeFileSync(join(folder, "srv", path), content);
      }
    });
  }

  it("finds a file, a folder's index and nothing else", async () => {
    const nginx = await serve(
      {
        "site/index.html": "<h1>start</h1>",
        "site/docs/start.txt": "x",
        "site/guide/index.html": "guide",
        "site/a b%25.txt": "blank",
        "site/.env": "secret",
        "site/.git/config": "secret",
        "site/x/.hidden": "secret",
        "site/.well-known/security.txt": "Contact: mailto:a@example.org",
        "outside.txt": "outside",
        "site-2/file.txt": "neighbour",
      },
      { path: "/app/" },
    );
    const status = async (path: string) => (await ask(nginx, path)).status;
    const start = await ask(nginx, "/app/");
    assert.deepEqual([start.status, start.text, start.headers["content-type"]], [200, "<h1>start</h1>", "text/html; charset=utf-8"]);
    assert.equal(start.headers["x-content-type-options"], "nosniff");
    assert.equal((await ask(nginx, "/app/guide/")).text, "guide");
    assert.equal((await ask(nginx, "/app/a%20b%2525.txt")).text, "blank");
    const folder = await ask(nginx, "/app/guide?a=b");
    assert.deepEqual([folder.status, folder.headers.location], [301, "/app/guide/?a=b"]);
    assert.match((await ask(nginx, "/app/.well-known/security.txt")).text, /^Contact/);
    const hidden = ["/app/.env", "/app/.git/config", "/app/x/.hidden", "/app/.well-known/../.env", "/app/%2eenv", "/app/.none/"];
    // A folder without an index is not there, rather than forbidden: nothing tells that it exists.
    const missing = ["/app/docs/", "/app/none", "/app/none.js", "/app/guide/none/", ...hidden];
    const outside = ["/app../outside.txt", "/app/../outside.txt", "/app/..%2foutside.txt", "/app/%2e%2e/outside.txt", "/app-2/file.txt"];
    for (const path of [...missing, ...outside]) {
      assert.ok([400, 404].includes(await status(path)), `${path}: ${await status(path)}`);
      assert.doesNotMatch((await ask(nginx, path)).text, /secret|outside|neighbour|Index of/);
    }
    assert.equal((await ask(nginx, "/app/", { method: "POST", body: "x" })).status, 405);
    assert.equal((await ask(nginx, "/app/", { method: "HEAD" })).headers["content-length"], "14");
  });

  it("follows no symbolic link out of its folder, nor within", async () => {
    const nginx = await balancer.start({ routes: [{ name: "site", path: "/", files: { root: "/srv/site" } }] }, (folder) => {
      const site = join(folder, "srv/site");
      mkdirSync(site, { recursive: true });
      writeFileSync(join(site, "real.txt"), "real");
      symlinkSync("/etc/passwd", join(site, "passwd.txt"));
      symlinkSync("/etc", join(site, "etc"));
      symlinkSync("real.txt", join(site, "link.txt"));
    });
    assert.equal((await ask(nginx, "/real.txt")).text, "real");
    for (const path of ["/passwd.txt", "/etc/passwd", "/link.txt"]) {
      const answer = await ask(nginx, path);
      assert.ok([403, 404].includes(answer.status), `${path}: ${answer.status}`);
      assert.doesNotMatch(answer.text, /root:/);
    }
  });

  it("answers an app's own routes with its page, but not a script that is missing", async () => {
    const cacheControl = { hashed: "public, max-age=31536000, immutable", assets: "public, max-age=60", others: "no-cache" };
    const nginx = await serve(
      { "site/index.html": "app", "site/app.4f3a9c1b.js": SCRIPT, "site/logo.png": "png", "site/list/index.html": "list" },
      { path: "/shop/", files: { root: "/srv/site", fallback: "index.html" }, headers: { cacheControl } },
    );
    for (const path of ["/shop/", "/shop/orders/7", "/shop/orders/", "/shop/v1.2/orders", "/shop/deep/er/?q=a.b"]) {
      const answer = await ask(nginx, path);
      assert.deepEqual([answer.status, answer.text, answer.headers["cache-control"]], [200, "app", "no-cache"], path);
      assert.match(String(answer.headers["content-type"]), /^text\/html/);
    }
    assert.equal((await ask(nginx, "/shop/list/")).text, "list");
    for (const path of ["/shop/missing.js", "/shop/old.4f3a9c1b.js", "/shop/.env"]) {
      const answer = await ask(nginx, path);
      assert.deepEqual([answer.status, answer.headers["cache-control"]], [404, undefined], path);
    }
    assert.equal((await ask(nginx, "/shop/app.4f3a9c1b.js")).headers["cache-control"], "public, max-age=31536000, immutable");
    assert.equal((await ask(nginx, "/shop/logo.png")).headers["cache-control"], "public, max-age=60");
  });

  it("is guarded and limited like any other route", async () => {
    const access = { deny: ["127.0.9.0/24"] };
    const nginx = await serve({ "site/a.txt": "a" }, { access, rateLimits: [{ rate: "1r/m", burst: 2 }] });
    assert.equal((await ask(nginx, "/a.txt", { from: "127.0.9.1" })).status, 403);
    const statuses: number[] = [];
    for (let index = 0; index < 4; index += 1) statuses.push((await ask(nginx, "/a.txt")).status);
    assert.deepEqual(statuses, [200, 200, 200, 429]);
  });

  it("tells versions apart: 304 for who has it, parts for who asks for them", async () => {
    const nginx = await serve({ "site/a.txt": "0123456789" }, {}, {});
    utimesSync(join(nginx.folder, "srv/site/a.txt"), 1_700_000_000, 1_700_000_000);
    const first = await ask(nginx, "/a.txt");
    assert.equal(first.headers["last-modified"], "Tue, 14 Nov 2023 22:13:20 GMT");
    const etag = String(first.headers.etag);
    assert.equal((await ask(nginx, "/a.txt", { headers: { "if-none-match": etag } })).status, 304);
    assert.equal((await ask(nginx, "/a.txt", { headers: { "if-none-match": '"other"' } })).status, 200);
    assert.equal((await ask(nginx, "/a.txt", { headers: { "if-modified-since": String(first.headers["last-modified"]) } })).status, 304);
    const part = await ask(nginx, "/a.txt", { headers: { range: "bytes=2-4" } });
    assert.deepEqual([part.status, part.text], [206, "234"]);
    writeFileSync(join(nginx.folder, "srv/site/a.txt"), "new and longer");
    const second = await ask(nginx, "/a.txt", { headers: { "if-none-match": etag } });
    assert.deepEqual([second.status, second.text], [200, "new and longer"]);
  });

  it("sends what was compressed before, brotli first, and says that it depends", async () => {
    // Marked, so that what nginx compresses itself is told apart.
    const packed = { "site/a.js.br": brotliCompressSync(`${SCRIPT}//br`), "site/a.js.gz": gzipSync(`${SCRIPT}//gz`) };
    const entries = { "site/a.js": SCRIPT, "site/b.js": SCRIPT, "site/m.mjs": SCRIPT, ...packed };
    const nginx = await serve(entries);
    const get = (path: string, accept?: string) => ask(nginx, path, accept ? { headers: { "accept-encoding": accept } } : {});
    const plain = await get("/a.js");
    assert.deepEqual([plain.text, plain.headers["content-encoding"], plain.headers.vary], [SCRIPT, undefined, "Accept-Encoding"]);
    const gzip = await get("/a.js", "gzip");
    assert.deepEqual([gunzipSync(gzip.body).toString(), gzip.headers["content-encoding"]], [`${SCRIPT}//gz`, "gzip"]);
    const brotli = await get("/a.js", "gzip, deflate, br");
    assert.deepEqual([brotliDecompressSync(brotli.body).toString(), brotli.headers["content-encoding"]], [`${SCRIPT}//br`, "br"]);
    assert.ok(
      brotli.body.length < gzip.body.length && gzip.body.length < plain.body.length / 3,
      `${brotli.body.length} ${gzip.body.length}`,
    );
    for (const answer of [gzip, brotli]) {
      assert.match(String(answer.headers.vary), /accept-encoding/i);
      assert.match(String(answer.headers["content-type"]), /^application\/javascript/);
    }
    assert.equal(new Set([plain, gzip, brotli].map((answer) => answer.headers.etag)).size, 3);
    const again = await ask(nginx, "/a.js", { headers: { "accept-encoding": "gzip", "if-none-match": String(gzip.headers.etag) } });
    assert.equal(again.status, 304);
    const fresh = await get("/b.js", "br");
    assert.deepEqual([brotliDecompressSync(fresh.body).toString(), fresh.headers["content-encoding"]], [SCRIPT, "br"]);
    assert.match(String((await get("/m.mjs")).headers["content-type"]), /^text\/javascript/);

    const off = await serve(entries, { files: { root: "/srv/site", precompressed: false } });
    const unpacked = await ask(off, "/a.js", { headers: { "accept-encoding": "gzip" } });
    assert.equal(gunzipSync(unpacked.body).toString(), SCRIPT);
    const withoutBrotli = await serve(entries, {}, { compression: { gzip: false, brotli: false } });
    const only = await ask(withoutBrotli, "/a.js", { headers: { "accept-encoding": "gzip, br" } });
    assert.deepEqual([only.headers["content-encoding"], only.headers.vary], ["gzip", "Accept-Encoding"]);
  });

  it("files: the format by Accept, best first, and the original for the rest", async () => {
    const nginx = await serve(
      {
        "site/both.jpg": "jpeg",
        "site/both.jpg.avif": "avif",
        "site/both.jpg.webp": "webp",
        "site/one.PNG": "png",
        "site/one.PNG.webp": "webp",
        "site/page.html": "page",
        "site/page.html.webp": "no image",
      },
      { variants: ["avif", "webp"] },
    );
    const get = async (path: string, accept?: string) => {
      const answer = await ask(nginx, path, accept === undefined ? {} : { headers: { accept } });
      return `${answer.text} ${String(answer.headers["content-type"])} ${String(answer.headers.vary)}`;
    };
    assert.equal(await get("/both.jpg", CHROME), "avif image/avif Accept");
    assert.equal(await get("/both.jpg", OLDER), "webp image/webp Accept");
    for (const accept of [OLD, "*/*", undefined, "image/avif;q=0, */*", "image/avif-sequence", "ximage/avif, image/webp ; q=0.0"]) {
      assert.equal(await get("/both.jpg", accept), "jpeg image/jpeg Accept", accept);
    }
    assert.equal(await get("/both.jpg", "text/html, IMAGE/AVIF;q=0.9"), "avif image/avif Accept");
    assert.equal(await get("/both.jpg", "image/avif;q=0, image/webp"), "webp image/webp Accept");
    assert.equal(await get("/one.PNG", CHROME), "webp image/webp Accept");
    assert.match(await get("/page.html", CHROME), /^page text\/html/);
    assert.equal((await ask(nginx, "/none.jpg", { headers: { accept: CHROME } })).status, 404);
  });

  describe("upstream", () => {
    const handler: Handler = (request, response) => {
      const [path = ""] = (request.url ?? "").split("?");
      response.statusCode = path.includes("none") || path.endsWith("poor.jpg.avif") ? 404 : path.includes("broken.jpg.") ? 500 : 200;
      response.end(`${request.method} ${request.url}`);
    };

    async function start(route: Partial<ProxyRoute> = {}) {
      const [replica] = (await balancer.replicas(1, handler)) as [Replica];
      const to = { host: replica.address, port: replica.port };
      const nginx = await balancer.start({ routes: [{ name: "img", path: "/img/", to, variants: ["avif", "webp"], ...route }] });
      const get = async (path: string, accept: string, more = {}) => {
        const answer = await ask(nginx, path, { headers: { accept }, ...more });
        return `${answer.status} ${answer.text} ${String(answer.headers.vary)}`;
      };
      return { nginx, replica, get };
    }

    it("the variant's path by Accept, and the image itself where the upstream has none", async () => {
      const { get, replica } = await start();
      assert.equal(await get("/img/a.jpg", CHROME), "200 GET /img/a.jpg.avif Accept");
      assert.equal(await get("/img/a.jpg?x=1", OLDER), "200 GET /img/a.jpg.webp?x=1 Accept");
      assert.equal(await get("/img/a.jpg", OLD), "200 GET /img/a.jpg Accept");
      assert.equal(await get("/img/a%20%3F%2Fb.jpg", CHROME), "200 GET /img/a%20%3F/b.jpg.avif Accept");
      assert.equal(await get("/img/page", CHROME), "200 GET /img/page undefined");
      assert.equal(await get("/img/a.jpg", CHROME, { method: "POST", body: "x" }), "200 POST /img/a.jpg Accept");
      replica.seen.splice(0);
      assert.equal(await get("/img/poor.jpg", CHROME), "200 GET /img/poor.jpg Accept");
      assert.equal(await get("/img/broken.jpg", CHROME), "200 GET /img/broken.jpg Accept");
      assert.match(await get("/img/none.jpg", CHROME), /^404 GET \/img\/none\.jpg /);
      assert.equal(replica.seen.length, 6);
    });

    it("is limited and guarded like the image itself, and keeps formats apart in the cache", async () => {
      const { get, nginx } = await start({
        stripPath: true,
        cache: { seconds: 60, notFoundSeconds: 60 },
        access: { deny: ["127.0.9.0/24"] },
        rateLimits: [{ rate: "1r/m", burst: 11 }],
      });
      for (let round = 0; round < 2; round += 1) {
        assert.equal(await get("/img/a.jpg", CHROME), "200 GET /a.jpg.avif Accept");
        assert.equal(await get("/img/a.jpg", OLDER), "200 GET /a.jpg.webp Accept");
        assert.equal(await get("/img/a.jpg", OLD), "200 GET /a.jpg Accept");
        assert.equal(await get("/img/poor.jpg", CHROME), "200 GET /poor.jpg Accept", `round ${round}`);
      }
      assert.equal((await ask(nginx, "/img/a.jpg", { headers: { accept: CHROME } })).headers["x-cache"], "HIT");
      assert.match(await get("/img/a.jpg", CHROME, { from: "127.0.9.1" }), /^403/);
      for (let index = 0; index < 4; index += 1) await get("/img/a.jpg", CHROME);
      assert.match(await get("/img/a.jpg", CHROME), /^429/);
    });
  });
});
