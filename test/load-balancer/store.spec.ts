import assert from "node:assert/strict";
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { ProxyRoute } from "@testbro/components/load-balancer/nginx";
import { ask, tally, type Answer } from "./ask";
import { needsContainer, withNginx } from "./fixture";
import type { Nginx } from "./nginx";
import { png, sizeOf } from "./pictures";
import type { Handler, Replica } from "./replica";
import { family, scrape } from "./scrape";

/** Limits off: here one client asks as fast as it can. */
const UNLIMITED = { perClient: false } as const;

/** Requests under way at a time. */
const CLIENTS = 32;

const BODY = Buffer.alloc(128 * 1024, "x");

const PICTURE = png(800, 600);

describe("nginx: a store that is full", function () {
  this.timeout(90_000);
  const balancer = withNginx();

  let version = 1;
  const handler: Handler = (request, response) => {
    if (request.url === "/hot") return response.end(String(version));
    if (request.url === "/picture.png") return response.end(PICTURE);
    // Every other answer does not tell its length.
    if (request.url?.endsWith("1")) response.write(BODY.subarray(0, 1000));
    return response.end(request.url?.endsWith("1") ? BODY.subarray(1000) : BODY);
  };

  async function routes(): Promise<ProxyRoute[]> {
    const [replica] = (await balancer.replicas(1, handler)) as [Replica];
    const to = { host: replica.address, port: replica.port };
    return [
      { name: "app", path: "/", to, cache: { seconds: 600 } },
      { name: "hot", path: "/hot", to, cache: "micro" },
      { name: "pictures", path: "/picture.png", to, images: { rate: "1000r/s" } },
    ];
  }

  /** Asks for ever new answers until `enough` says so. @returns what came back: how much of it, and from where */
  async function flood(nginx: Nginx, enough: (answers: number) => boolean): Promise<string[]> {
    const outcomes: string[] = [];
    let number = 0;
    const client = async () => {
      while (!enough(outcomes.length)) {
        number += 1;
        const answer = await ask(nginx, `/?n=${number}`).catch((error: Error) => error);
        outcomes.push(
          answer instanceof Error ? answer.message : `${answer.status} ${answer.body.length} ${String(answer.headers["x-cache"])}`,
        );
      }
    };
    await Promise.all(Array.from({ length: CLIENTS }, client));
    return outcomes;
  }

  /** Asks until an answer is as it should be. @throws AssertionError when it is not in time */
  async function until(seconds: number, what: string, question: () => Promise<Answer>, good: (answer: Answer) => boolean): Promise<void> {
    for (const deadline = Date.now() + seconds * 1000; !good(await question()); await sleep(100)) {
      assert.ok(Date.now() < deadline, what);
    }
  }

  it("cuts no answer off, renews what it has, and stores again when nginx has made room", async function () {
    await needsContainer(this);
    const options = {
      limits: UNLIMITED,
      processes: { workers: 2 },
      cacheZone: { maxSize: "4m", maxEntry: "512k" } as const,
      routes: await routes(),
    };
    const nginx = await balancer.start(options, undefined, { cache: "8m" });
    version = 1;
    assert.equal((await ask(nginx, "/hot")).text, "1");
    let renewed = false;
    const flooding = flood(nginx, (answers) => renewed && answers >= 600);
    await sleep(500);
    version = 2;
    try {
      await until(
        15,
        "what is stored is not renewed",
        () => ask(nginx, "/hot"),
        ({ text }) => text === "2",
      );
    } finally {
      renewed = true;
    }
    // 75 MiB and more for 8.
    assert.deepEqual(Object.keys(tally(await flooding)), [`200 ${BODY.length} MISS`]);
    assert.doesNotMatch(nginx.errors, /No space left/);
    const samples = await scrape(nginx);
    assert.ok(
      (family(samples, "nginx_cache_full_total")['route="app"'] ?? 0) > 100,
      JSON.stringify(family(samples, "nginx_cache_full_total")),
    );
    assert.equal(samples.get("nginx_cache_size_bytes"), 8 * 1024 * 1024);
    await until(
      30,
      "nothing is stored any more",
      () => ask(nginx, "/later"),
      ({ headers }) => headers["x-cache"] === "HIT",
    );
  });

  it("has resized images made each time, and whole, while there is no room for them", async function () {
    await needsContainer(this);
    const options = { limits: UNLIMITED, cacheZone: { maxSize: "64m" } as const, routes: await routes() };
    const nginx = await balancer.start(options, undefined, { cache: "4m" });
    await flood(nginx, (answers) => answers >= 100);
    for (let index = 0; index < 3; index += 1) {
      const { status, headers, body } = await ask(nginx, "/picture.png?width=640");
      assert.deepEqual([status, headers["x-cache"]], [200, "MISS"]);
      assert.deepEqual(sizeOf(body), { format: "png", width: 640, height: 480 });
    }
    assert.ok((family(await scrape(nginx), "nginx_cache_full_total")['route="pictures"'] ?? 0) >= 3);
    assert.doesNotMatch(nginx.errors, /No space left/);
  });

  it("imageZone: keeps no more of resized images than it may, the least used go first", async () => {
    const widths = Array.from({ length: 40 }, (_, index) => 600 + index);
    const all = (await routes()).map((route) => (route.images ? { ...route, images: { ...route.images, widths } } : route));
    const nginx = await balancer.start({ limits: UNLIMITED, imageZone: { keys: "100k", maxSize: "1m" }, routes: all });
    const state = async (width: number) => (await ask(nginx, `/picture.png?width=${width}`)).headers["x-cache"];
    const stored = () =>
      readdirSync(join(nginx.folder, "cache/images"), { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .reduce((sum, entry) => sum + (statSync(join(entry.parentPath, entry.name), { throwIfNoEntry: false })?.size ?? 0), 0);
    let largest = 0;
    for (const width of widths) {
      assert.equal(await state(width), "MISS");
      largest = Math.max(largest, stored());
    }
    assert.ok(largest > 2 * 1024 * 1024, `too little to prove anything: ${largest} bytes`);
    for (const deadline = Date.now() + 25_000; stored() > 1024 * 1024 && Date.now() < deadline;) await sleep(500);
    assert.ok(stored() <= 1024 * 1024, `${stored()} bytes are stored`);
    assert.equal(await state(639), "HIT");
    assert.equal(await state(600), "MISS");
  });
});
