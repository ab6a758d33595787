import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { FilesRoute, ImageOptions, NginxOptions, ProxyRoute } from "@testbro/components/load-balancer/nginx";
import { ask, tally } from "./ask";
import { needsContainer, withNginx } from "./fixture";
import { claiming, gif, jpeg, png, sizeOf } from "./pictures";
import { Probed } from "./probed";
import type { Handler, Replica } from "./replica";

/** Limits off: here one client asks as fast as it can. */
const UNLIMITED = { perClient: false } as const;

const PICTURES: Record<string, Buffer> = {
  "/a.png": png(800, 600),
  "/a.jpg": jpeg(1600, 1200),
  "/a.gif": gif(400, 300),
  "/small.png": png(100, 50),
};

describe("nginx: images", function () {
  this.timeout(60_000);
  const balancer = withNginx();

  const gallery: Handler = (request, response) => {
    const picture = PICTURES[request.url ?? ""];
    if (request.headers.cookie !== undefined) response.setHeader("x-known", "1");
    response.setHeader("set-cookie", "visitor=1");
    response.setHeader("vary", "Origin");
    if (picture) return response.setHeader("x-powered-by", "test").end(picture);
    if (request.url === "/page") return response.end("<h1>no picture</h1>");
    if (request.url === "/moved.png") return response.writeHead(302, { location: "http://10.0.0.1/" }).end();
    return response.writeHead(request.url === "/broken.png" ? 500 : 404).end("<h1>no such page</h1>");
  };

  async function start(images: ImageOptions = {}, route: Partial<ProxyRoute> = {}, options: Omit<Partial<NginxOptions>, "tls"> = {}) {
    const [replica] = (await balancer.replicas(1, gallery)) as [Replica];
    const to = { host: replica.address, port: replica.port };
    const routes = [
      { name: "photos", path: "/photos/", to, stripPath: true, images: { rate: "1000r/s", ...images }, ...route } as ProxyRoute,
    ];
    const nginx = await balancer.start({ limits: UNLIMITED, routes, ...options });
    const size = async (path: string) => {
      const { format, width, height } = sizeOf((await ask(nginx, path)).body);
      return `${format} ${width}x${height}`;
    };
    return { nginx, replica, size, get: (path: string, headers = {}) => ask(nginx, path, { headers }) };
  }

  it("resizes PNG, JPEG and GIF to the pixels asked for, in their own format, and enlarges nothing", async () => {
    const { nginx, size, get } = await start({ heights: [100], qualities: [20] });
    assert.equal(await size("/photos/a.png"), "png 800x600");
    assert.equal(await size("/photos/a.png?width=320"), "png 320x240");
    assert.equal(await size("/photos/a.png?height=100"), "png 133x100");
    assert.equal(await size("/photos/a.png?width=320&height=100"), "png 133x100");
    assert.equal(await size("/photos/a.jpg?width=640"), "jpeg 640x480");
    assert.equal(await size("/photos/a.gif?width=320"), "gif 320x240");
    assert.equal(await size("/photos/small.png?width=1920"), "png 100x50");
    const fine = await get("/photos/a.jpg?width=640");
    const coarse = await get("/photos/a.jpg?quality=20&width=640");
    assert.equal(fine.headers["content-type"], "image/jpeg");
    assert.ok(coarse.body.length < fine.body.length * 0.7, `${coarse.body.length} ${fine.body.length}`);
    const head = await ask(nginx, "/photos/a.jpg?width=640", { method: "HEAD" });
    assert.deepEqual([head.status, head.headers["content-length"]], [200, String(fine.body.length)]);
  });

  it("cover: fills what is asked for and cuts off the rest", async () => {
    const { size, get } = await start({ widths: [200], heights: [200], fit: "cover" });
    assert.equal(await size("/photos/a.png?width=200&height=200"), "png 200x200");
    for (const query of ["width=200", "height=200"]) {
      const answer = await get(`/photos/a.png?${query}`);
      assert.equal(answer.status, 400);
      assert.match(answer.text, /width and height together/);
    }
  });

  it("refuses every size that is not listed, and says which are", async () => {
    const { get, replica } = await start({ qualities: [50] });
    const bad = [
      "width=321",
      "width=99999",
      "width=0",
      "width=-",
      "width=320&height=1",
      "width=320&quality=51",
      "quality=50",
      "width=3%320",
    ];
    for (const query of [...bad, "width=320;width=1", "width=$arg_x", "width=unlisted"]) {
      const answer = await get(`/photos/a.png?${query}`);
      assert.equal(answer.status, 400, query);
      assert.match(answer.text, /width: 320, 640, 960, 1280, 1920; height: none; quality: 50\./);
      assert.match(String(answer.headers["content-type"]), /^text\/plain/);
    }
    assert.deepEqual(replica.seen, []);
    await get("/photos/a.png?width=");
    assert.deepEqual(replica.seen, ["GET /a.png?width="], "no size: a request like any other");
  });

  it("keeps what it made: once for all clients, whatever else they send, and anew for another version", async () => {
    const { nginx, get, replica } = await start();
    const first = await get("/photos/a.png?width=320", { cookie: "session=1", authorization: "Bearer x", "accept-encoding": "gzip" });
    assert.deepEqual([first.status, first.headers["x-cache"], first.headers["x-known"]], [200, "MISS", undefined]);
    assert.deepEqual([first.headers["set-cookie"], first.headers.vary, first.headers["x-powered-by"]], [undefined, undefined, undefined]);
    assert.equal(replica.headers.authorization, undefined);
    for (const query of ["width=320", "width=320&_=1", "utm=x&width=320", "width=320&width=640"]) {
      const answer = await get(`/photos/a.png?${query}`, { "accept-language": query, origin: "http://a.example" });
      assert.deepEqual([answer.status, answer.headers["x-cache"]], [200, "HIT"], query);
      assert.deepEqual(answer.body, first.body);
    }
    assert.deepEqual(replica.seen, ["GET /a.png"]);
    assert.equal((await ask(nginx, "/photos/a.png?width=320", { method: "POST", body: "x" })).headers["x-cache"], undefined);
    const next = await balancer.start({
      routes: [
        { name: "photos", path: "/photos/", to: { host: replica.address, port: replica.port }, stripPath: true, images: { version: "2" } },
      ],
    });
    assert.equal((await ask(next, "/photos/a.png?width=320")).headers["x-cache"], "MISS");
  });

  it("many who ask at once cost one resizing, and the replica's loss costs those who had it nothing", async () => {
    const { nginx, replica } = await start({ seconds: 1 });
    const answers = await Promise.all(Array.from({ length: 20 }, () => ask(nginx, "/photos/a.png?width=640")));
    assert.deepEqual(tally(answers.map((answer) => String(answer.status))), { 200: 20 });
    assert.equal(replica.seen.length, 1);
    await replica.kill();
    await sleep(2200);
    assert.equal((await ask(nginx, "/photos/a.png?width=640")).status, 200);
    assert.deepEqual((await ask(nginx, "/photos/a.png?width=320")).status, 502);
  });

  it("tells what is wrong: no image, none there, too large, not now", async () => {
    PICTURES["/large.png"] = Buffer.concat([png(64, 64), Buffer.alloc(70_000)]);
    PICTURES["/cut.png"] = png(800, 600).subarray(0, 2000);
    const { get, replica } = await start({ maxOriginal: "64k", widths: [16] }, {}, { limits: { perClient: false } });
    const failures: [string, number, RegExp][] = [
      ["page", 415, /^Not an image that can be resized/],
      ["large.png", 415, /^Not an image/],
      ["cut.png", 415, /^Not an image/],
      ["none.png", 404, /^There is no such image/],
      ["moved.png", 404, /^There is no such image/],
      ["broken.png", 502, /^The image is not to be had/],
    ];
    for (const [path, status, text] of failures) {
      const answer = await get(`/photos/${path}?width=16`);
      assert.deepEqual([answer.status, answer.headers.location], [status, undefined], path);
      assert.match(answer.text, text, path);
      assert.match(String(answer.headers["content-type"]), /^text\/plain/, path);
    }
    replica.seen.splice(0);
    for (const path of ["page", "none.png"]) assert.equal((await get(`/photos/${path}?width=16`)).headers["x-cache"], "HIT");
    assert.deepEqual(replica.seen, [], "what cannot be resized is not tried again at once");
  });

  it("a small file with millions of pixels is 415, kills no worker, and leaves room for the pictures after it", async function () {
    await needsContainer(this);
    Object.assign(PICTURES, {
      // 109 KB that would be 858 MiB, as a whole picture, which nobody can tell from its size.
      "/bomb.png": png(30_000, 30_000, 1),
      "/bomb.jpg": claiming(PICTURES["/a.jpg"] as Buffer, 30_000, 30_000),
      "/bomb.gif": claiming(PICTURES["/a.gif"] as Buffer, 30_000, 30_000),
    });
    const [replica] = (await balancer.replicas(1, gallery)) as [Replica];
    const to = { host: replica.address, port: replica.port };
    const routes = [{ name: "photos", path: "/photos/", to, stripPath: true, images: { rate: "1000r/s" } } as ProxyRoute];
    // As the component has it by default: 256 MiB in three parts, for two workers.
    const options = { limits: UNLIMITED, routes, processes: { workers: 2 } };
    const probed = await Probed.start(options, { NGINX_DATA_LIMIT: String(Math.floor((256 * 1024) / 3)) }, { memory: "256m" });
    try {
      const workers = probed.workers();
      assert.equal(workers.length, 2);
      for (const [index, width] of [320, 640, 960, 1280].entries()) {
        const asked = ["png", "jpg", "gif"].map((format) =>
          ask(probed.nginx, `/photos/bomb.${format}?width=${width}`, { timeout: 30_000 }),
        );
        assert.deepEqual(
          (await Promise.all(asked)).map(({ status }) => status),
          [415, 415, 415],
          `round ${index}`,
        );
        const { body } = await ask(probed.nginx, `/photos/a.jpg?width=${width}`);
        assert.deepEqual(sizeOf(body), { format: "jpeg", width, height: (width * 3) / 4 });
      }
      assert.deepEqual(probed.workers(), workers, "a worker has ended");
      assert.doesNotMatch(probed.script.output, /exited on signal/);
    } finally {
      await probed.stop();
    }
  });

  it("resizes no more than the rate: the rest is 429, while what is kept is served", async () => {
    const { nginx, get } = await start({ widths: Array.from({ length: 30 }, (_, index) => index + 10), rate: "1r/s" });
    assert.equal((await get("/photos/a.png?width=10")).status, 200);
    const answers = await Promise.all(Array.from({ length: 29 }, (_, index) => ask(nginx, `/photos/a.png?width=${index + 11}`)));
    const statuses = tally(answers.map((answer) => String(answer.status)));
    assert.ok((statuses["429"] ?? 0) >= 25 && (statuses["200"] ?? 0) + (statuses["429"] ?? 0) === 29, JSON.stringify(statuses));
    const refused = answers.find((answer) => answer.status === 429);
    assert.equal(refused?.headers["retry-after"], "1");
    for (let index = 0; index < 20; index += 1) assert.equal((await get("/photos/a.png?width=10")).headers["x-cache"], "HIT");
  });

  it("is guarded and limited like the image itself, and is logged once", async () => {
    const { nginx, get } = await start({}, { access: { deny: ["127.0.9.0/24"] }, rateLimits: [{ rate: "1r/m", burst: 2 }] });
    assert.equal((await get("/photos/a.png?width=320")).status, 200);
    assert.equal((await ask(nginx, "/photos/a.png?width=320", { from: "127.0.9.1" })).status, 403);
    assert.deepEqual([(await get("/photos/a.png?width=320")).status, (await get("/photos/a.png?width=640")).status], [200, 200]);
    assert.equal((await get("/photos/a.png?width=320")).status, 429);
    const log = await nginx.log();
    assert.deepEqual(
      log.map((line) => line["status"]),
      [200, 403, 200, 200, 429],
    );
    assert.deepEqual([...new Set(log.map((line) => line["route"]))], ["photos"]);
  });

  it("tells the upstream who asks, by the request's own id", async () => {
    const { nginx, replica } = await start();
    const answer = await ask(nginx, "/photos/a.png?width=320", { from: "127.0.7.7" });
    const seen = replica.headers;
    assert.deepEqual(
      [seen["x-real-ip"], seen["x-forwarded-for"], seen["x-request-id"]],
      ["127.0.7.7", "127.0.7.7", answer.headers["x-request-id"]],
    );
    assert.equal(seen["host"], `localhost:${nginx.ports.http}`);
  });

  it("resizes files too, in the folder alone, and survives a reload", async () => {
    const route: FilesRoute = {
      name: "site",
      path: "/",
      files: { root: "/srv/site", fallback: "index.html" },
      images: {},
      variants: ["webp"],
    };
    const options = { limits: UNLIMITED, routes: [route] };
    const nginx = await balancer.start(options, (folder) => {
      mkdirSync(join(folder, "srv/site"), { recursive: true });
      const files = { "a b.png": png(800, 600), "a b.png.webp": "webp", ".hidden.png": png(800, 600), "index.html": "page" };
      for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, "srv/site", name), content);
      writeFileSync(join(folder, "srv/outside.png"), png(800, 600));
    });
    const headers = { accept: "image/webp" };
    assert.deepEqual(sizeOf((await ask(nginx, "/a%20b.png?width=320", { headers })).body), { format: "png", width: 320, height: 240 });
    assert.equal((await ask(nginx, "/a%20b.png", { headers })).text, "webp");
    for (const path of ["/.hidden.png", "/none.png", "/none", "/..%2foutside.png", "/"]) {
      const { status } = await ask(nginx, `${path}?width=320`);
      assert.ok([400, 404, 415].includes(status), `${path}: ${status}`);
    }
    nginx.write(options);
    await nginx.reload();
    assert.equal((await ask(nginx, "/a%20b.png?width=640")).status, 200);
  });
});
