import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { Archive } from "./archive.mjs";
import { buildImages } from "./build.mjs";
import { Engine } from "./engine.mjs";

/**
 * Stands in for the docker client: keeps images as files and writes down what it was asked. A Dockerfile with FAIL in it fails,
 * one with SLOW in it takes 2 s.
 */
const CLIENT = `#!/bin/sh
state=$(dirname "$0")
shift 2
echo "$*" >> "$state/asked"
name() { printf '%s' "$1" | tr '/:' '__'; }
case $1 in
  image) if [ "$2" = ls ]; then ls "$state" | sed -n 's/^testbro_\\([a-z]*\\)_\\(.*\\)/testbro\\/\\1:\\2/p'; exit; fi
    [ -e "$state/$(name "$5")" ] || { echo "Error: No such image: $5" >&2; exit 1; } ;;
  build)
    for context; do :; done
    if grep -q FAIL "$context/Dockerfile"; then echo "Step 2/2 : RUN false"; echo "it went wrong here" >&2; exit 3; fi
    if grep -q SLOW "$context/Dockerfile"; then sleep 2; fi
    while [ "$1" != --tag ]; do shift; done
    touch "$state/$(name "$2")" ;;
  save) echo "$4" > "$3" ;;
  load) reference=$(cat "$4"); [ "$reference" != broken ] || exit 1; touch "$state/$(name "$reference")" ;;
  *) exit 64 ;;
esac
`;

describe("buildImages", () => {
  /** @type {string} */
  let home;
  /** @type {string[]} */
  let lines;
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), "build-images-"));
    lines = [];
    write({
      "runtime/Dockerfile": "FROM x",
      "app/Dockerfile": "FROM x\nARG APP_VERSION=none",
      "app/image.json": '{ "parent": "runtime" }',
      "other/Dockerfile": "FROM x",
    });
    newEngine();
  });
  afterEach(() => rmSync(home, { recursive: true }));

  /** @param {Record<string, string>} files */
  function write(files) {
    for (const [path, content] of Object.entries(files)) {
      mkdirSync(dirname(join(home, "images", path)), { recursive: true });
      writeFileSync(join(home, "images", path), content);
    }
  }

  /** An engine without images. */
  function newEngine() {
    rmSync(join(home, "engine"), { recursive: true, force: true });
    mkdirSync(join(home, "engine"));
    writeFileSync(join(home, "engine/docker"), CLIENT, { mode: 0o755 });
  }

  /** @param {import("./build.mjs").BuildOptions} [options] */
  function build(options) {
    return buildImages({
      host: "unix:///nowhere",
      clientBin: join(home, "engine/docker"),
      base: "base:1",
      folder: join(home, "images"),
      archive: new Archive(join(home, "archive")),
      log: (line) => lines.push(line),
      ...options,
    });
  }

  /** What was built since the last question, by image and BASE. */
  function built() {
    const path = join(home, "engine/asked");
    const asked = existsSync(path) ? readFileSync(path, "utf8").trim().split("\n") : [];
    rmSync(path, { force: true });
    return asked
      .map((line) => /^build .*--tag testbro\/(\w+):\w+ --build-arg BASE=(\S+)/.exec(line))
      .filter((match) => match !== null)
      .map(([, name, base]) => `${name} on ${base?.replace(/:[0-9a-f]{16}$/, ":HASH")}`)
      .sort();
  }

  it("builds what is missing, children on their parents, and nothing the second time", async () => {
    const images = await build();
    assert.deepEqual(Object.keys(images).sort(), ["app", "other", "runtime"]);
    for (const [name, reference] of Object.entries(images)) assert.match(reference, new RegExp(`^testbro/${name}:[0-9a-f]{16}$`));
    assert.deepEqual(built(), ["app on testbro/runtime:HASH", "other on base:1", "runtime on base:1"]);
    assert.deepEqual(await build(), images);
    assert.deepEqual(built(), []);
  });

  it("hands an image its own hash as version, where its Dockerfile asks for it", async () => {
    const { app } = await build();
    const asked = readFileSync(join(home, "engine/asked"), "utf8");
    assert.ok(asked.includes(`--build-arg APP_VERSION=${app?.split(":")[1]} `));
    assert.equal(asked.split("APP_VERSION=").length, 2);
  });

  it("rebuilds an image that changed, and only that", async () => {
    await build();
    built();
    write({ "app/Dockerfile": "FROM x\nUSER 1" });
    await build();
    assert.deepEqual(built(), ["app on testbro/runtime:HASH"]);
  });

  it("rebuilds the children of what changed", async () => {
    await build();
    built();
    write({ "runtime/Dockerfile": "FROM x\nUSER 1" });
    await build();
    assert.deepEqual(built(), ["app on testbro/runtime:HASH", "runtime on base:1"]);
  });

  it("rebuilds everything on another base", async () => {
    await build();
    built();
    await build({ base: "base:2" });
    assert.deepEqual(built(), ["app on testbro/runtime:HASH", "other on base:2", "runtime on base:2"]);
  });

  it("builds only what is wanted, with what it stands on", async () => {
    assert.deepEqual(Object.keys(await build({ only: ["app"] })), ["app"]);
    assert.deepEqual(built(), ["app on testbro/runtime:HASH", "runtime on base:1"]);
    await assert.rejects(build({ only: ["typo"] }), /There is no image typo: use .*app/);
  });

  it("builds what is made on request only when it is named", async () => {
    write({ "rare/Dockerfile": "FROM x", "rare/image.json": '{ "onRequest": true }' });
    await build();
    assert.deepEqual(built(), ["app on testbro/runtime:HASH", "other on base:1", "runtime on base:1"]);
    assert.deepEqual(Object.keys(await build({ only: ["rare"] })), ["rare"]);
    assert.deepEqual(built(), ["rare on base:1"]);
  });

  it("takes a folder from elsewhere", async () => {
    mkdirSync(join(home, "scaler"));
    writeFileSync(join(home, "scaler/Dockerfile"), "FROM x");
    assert.match((await build({ extra: [join(home, "scaler")] })).scaler ?? "", /^testbro\/scaler:/);
  });

  it("fails with the last lines of the build, after finishing the others", async () => {
    write({ "other/Dockerfile": "FROM x\nRUN FAIL" });
    await assert.rejects(build(), (/** @type {Error} */ error) => {
      assert.match(error.message, /Building image other ended with code 3/);
      assert.match(error.message, /Step 2\/2 : RUN false/);
      assert.match(error.message, /it went wrong here/);
      return true;
    });
    assert.deepEqual(built(), ["app on testbro/runtime:HASH", "other on base:1", "runtime on base:1"]);
  });

  it("tells that the engine does not answer", async () => {
    writeFileSync(join(home, "engine/docker"), "#!/bin/sh\necho 'Cannot connect to the Docker daemon' >&2\nexit 1\n", { mode: 0o755 });
    await assert.rejects(build(), /engine at unix:\/\/\/nowhere does not answer:\s+Cannot connect/);
  });

  it("keeps what took long, and loads it into the next engine", async () => {
    write({ "other/Dockerfile": "FROM x\nRUN SLOW" });
    const images = await build({ keepAfter: 2000 });
    assert.deepEqual(readdirSync(join(home, "archive")), [`other-${images.other?.split(":")[1]}.tar`]);
    newEngine();
    assert.deepEqual(await build(), images);
    assert.deepEqual(built(), ["app on testbro/runtime:HASH", "runtime on base:1"]);
  });

  it("says once that the base is not pinned, and only when it builds on it", async () => {
    await build({ base: "debian:trixie-slim" });
    assert.equal(lines.filter((line) => line.includes("is not pinned")).length, 1, lines.join("\n"));
    lines.length = 0;
    await build({ base: "debian:trixie-slim" });
    assert.deepEqual(lines, []);
  });
});

describe("Archive", () => {
  /** @type {string} */
  let home;
  /** @type {Archive} */
  let archive;
  /** @type {Engine} */
  let engine;
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), "archive-"));
    mkdirSync(join(home, "engine"));
    writeFileSync(join(home, "engine/docker"), CLIENT, { mode: 0o755 });
    engine = new Engine({ host: "unix:///nowhere", clientBin: join(home, "engine/docker") });
    archive = new Archive(join(home, "archive"));
  });
  afterEach(() => rmSync(home, { recursive: true }));

  const HASHES = ["1", "2", "3"].map((digit) => digit.repeat(16));

  it("keeps the two newest archives of each image", async () => {
    for (const [age, hash] of HASHES.entries()) {
      await archive.save(engine, `testbro/app:${hash}`, "app", hash);
      utimesSync(join(home, "archive", `app-${hash}.tar`), 1000 + age, 1000 + age);
    }
    // Another image whose name begins with the same word.
    await archive.save(engine, `testbro/app-two:${HASHES[0]}`, "app-two", HASHES[0] ?? "");
    archive.prune("app");
    assert.deepEqual(readdirSync(join(home, "archive")).sort(), [
      `app-${HASHES[1]}.tar`,
      `app-${HASHES[2]}.tar`,
      `app-two-${HASHES[0]}.tar`,
    ]);
  });

  it("counts a loaded archive as new", async () => {
    for (const [age, hash] of HASHES.slice(0, 2).entries()) {
      await archive.save(engine, `testbro/app:${hash}`, "app", hash);
      utimesSync(join(home, "archive", `app-${hash}.tar`), 1000 + age, 1000 + age);
    }
    assert.equal(await archive.load(engine, "app", HASHES[0] ?? ""), true);
    await archive.save(engine, `testbro/app:${HASHES[2]}`, "app", HASHES[2] ?? "");
    assert.deepEqual(readdirSync(join(home, "archive")).sort(), [`app-${HASHES[0]}.tar`, `app-${HASHES[2]}.tar`]);
  });

  it("removes an archive that cannot be loaded", async () => {
    mkdirSync(join(home, "archive"));
    writeFileSync(join(home, "archive", `app-${HASHES[0]}.tar`), "broken\n");
    assert.equal(await archive.load(engine, "app", HASHES[0] ?? ""), false);
    assert.deepEqual(readdirSync(join(home, "archive")), []);
  });
});
