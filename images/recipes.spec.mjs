import assert from "node:assert/strict";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { hashOf, layOut, readRecipes } from "./recipes.mjs";

describe("image recipes", () => {
  /** @type {string} */
  let folder;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "recipes-"))));
  afterEach(() => rmSync(folder, { recursive: true }));

  /** @param {Record<string, string>} files */
  function write(files) {
    for (const [path, content] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), content);
    }
  }

  /** @param {string} name */
  async function contextOf(name) {
    const recipe = readRecipes(folder).get(name);
    assert.ok(recipe);
    const context = mkdtempSync(join(tmpdir(), "context-"));
    await layOut(recipe, context);
    return context;
  }

  /** @param {string} name */
  async function hash(name, base = "base:1") {
    const context = await contextOf(name);
    try {
      return hashOf(context, base);
    } finally {
      rmSync(context, { recursive: true });
    }
  }

  it("are the folders with a Dockerfile, parents first", () => {
    write({
      "app/Dockerfile": "FROM x",
      "app/image.json": '{ "parent": "runtime" }',
      "runtime/Dockerfile": "FROM x",
      "notes/README": "no image",
    });
    assert.deepEqual([...readRecipes(folder).keys()], ["runtime", "app"]);
  });

  it("name every problem at once", () => {
    write({
      "a/Dockerfile": "FROM x",
      "a/image.json": '{ "parent": "nobody", "files": { "f": "../missing" }, "tag": "x" }',
      "b/Dockerfile": "FROM x",
      "b/image.json": "{",
    });
    assert.throws(
      () => readRecipes(folder),
      (/** @type {Error} */ error) => {
        assert.match(error.message, /a\/image\.json says parent "nobody": use one of a, b/);
        assert.match(error.message, /a\/image\.json names \.\.\/missing, which does not exist/);
        assert.match(error.message, /a\/image\.json has "tag": use only parent, files, bundle and onRequest/);
        assert.match(error.message, /b\/image\.json is not JSON/);
        return true;
      },
    );
  });

  it("refuse images that are each other's parents", () => {
    write({
      "a/Dockerfile": "FROM x",
      "a/image.json": '{ "parent": "b" }',
      "b/Dockerfile": "FROM x",
      "b/image.json": '{ "parent": "a" }',
    });
    assert.throws(() => readRecipes(folder), /a → b → a are each other's parents/);
  });

  it("refuse a further folder without a Dockerfile", () => {
    mkdirSync(join(folder, "elsewhere"));
    assert.throws(() => readRecipes(folder, [join(folder, "elsewhere")]), /elsewhere has no Dockerfile/);
  });

  describe("hash", () => {
    beforeEach(() => {
      write({
        "app/Dockerfile": "FROM x",
        "app/start": "#!/bin/sh",
        "app/image.json": '{ "files": { "shared/s": "../shared" } }',
        shared: "s",
      });
    });

    it("does not depend on time, umask, place, or what is not content", async () => {
      const before = await hash("app");
      utimesSync(join(folder, "app/start"), 1, 1);
      chmodSync(join(folder, "app/start"), 0o600);
      write({ "app/app.spec.mjs": "a test" });
      assert.equal(await hash("app"), before);
      const elsewhere = mkdtempSync(join(tmpdir(), "recipes-"));
      rmSync(elsewhere, { recursive: true });
      mkdirSync(elsewhere);
      const first = folder;
      folder = elsewhere;
      write({
        "app/Dockerfile": "FROM x",
        "app/start": "#!/bin/sh",
        "app/image.json": '{ "files": { "shared/s": "../shared" } }',
        shared: "s",
      });
      assert.equal(await hash("app"), before);
      rmSync(first, { recursive: true });
    });

    for (const [what, change] of /** @type {[string, () => void][]} */ ([
      ["the Dockerfile", () => write({ "app/Dockerfile": "FROM y" })],
      ["a file's content", () => write({ "app/start": "#!/bin/bash" })],
      ["a file's executable bit", () => chmodSync(join(folder, "app/start"), 0o755)],
      ["a new file", () => write({ "app/new": "" })],
      ["a file from elsewhere", () => write({ shared: "t" })],
      ["a file's place", () => write({ "app/image.json": '{ "files": { "shared/t": "../shared" } }' })],
    ])) {
      it(`changes with ${what}`, async () => {
        const before = await hash("app");
        change();
        assert.notEqual(await hash("app"), before);
      });
    }

    it("changes with the base", async () => {
      assert.notEqual(await hash("app", "base:2"), await hash("app", "base:1"));
    });
  });

  it("lay out modes and times that do not depend on the checkout, and the bundle", async () => {
    write({
      "app/Dockerfile": "FROM x",
      "app/start": "#!/bin/sh",
      "app/image.json": '{ "bundle": "../bundle.mjs" }',
      "bundle.mjs":
        'import { mkdirSync, writeFileSync } from "node:fs";\n' +
        "export function bundle(folder) { mkdirSync(folder); writeFileSync(`${folder}/server.js`, 'code'); }\n",
    });
    chmodSync(join(folder, "app/start"), 0o700);
    const context = await contextOf("app");
    try {
      assert.equal(readFileSync(join(context, "bundle/server.js"), "utf8"), "code");
      assert.equal(statSync(join(context, "start")).mode & 0o777, 0o755);
      assert.equal(statSync(join(context, "bundle/server.js")).mode & 0o777, 0o644);
      assert.equal(statSync(join(context, "start")).mtime.toISOString(), "2020-01-01T00:00:00.000Z");
      assert.throws(() => statSync(join(context, "image.json")), /ENOENT/);
    } finally {
      rmSync(context, { recursive: true });
    }
  });
});

describe("the bundles", () => {
  for (const name of ["backend", "frontend"]) {
    it(`of the ${name} are the same bytes every time`, async function () {
      this.timeout(60_000);
      const module = readRecipes().get(name)?.bundle;
      assert.ok(module);
      const { bundle, inputs } = await import(pathToFileURL(module).href);
      for (const path of inputs) assert.ok(existsSync(path), path);
      const hashes = [];
      for (let turn = 0; turn < 2; turn++) {
        const folder = mkdtempSync(join(tmpdir(), "bundle-"));
        await bundle(folder);
        hashes.push(hashOf(folder, "base"));
        // A path of this machine in the bytes would make them differ on the next one.
        assert.ok(!readFileSync(join(folder, "server.js"), "utf8").includes(process.cwd()));
        rmSync(folder, { recursive: true });
      }
      assert.equal(hashes[0], hashes[1]);
    });
  }
});
