import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Engine } from "./engine.mjs";
import { lockedReference, readLock, resolveLock } from "./lock.mjs";

const DIGEST = `sha256:${"ab".repeat(32)}`;

describe("images.lock.json", () => {
  /** @type {string} */
  let folder;
  /** @type {string} */
  let path;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "lock-"));
    path = join(folder, "images.lock.json");
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  /** @param {string | null} digest */
  const write = (digest) => writeFileSync(path, JSON.stringify({ images: { "debian:trixie-slim": { digest } }, programs: {} }));

  /** @param {string} script A docker client. */
  function engine(script) {
    const clientBin = join(folder, "docker");
    writeFileSync(clientBin, `#!/bin/sh\nshift 2\n${script}`, { mode: 0o755 });
    return new Engine({ host: "unix:///nowhere", clientBin });
  }

  it("of this repository can be read", () => {
    assert.ok("debian:trixie-slim" in readLock().images);
  });

  it("pins an image by its digest", () => {
    write(DIGEST);
    assert.deepEqual(lockedReference("debian:trixie-slim", path), { reference: `debian@${DIGEST}` });
  });

  it("warns of an image without a digest, and leaves one alone that it does not list", () => {
    write(null);
    const { reference, warning } = lockedReference("debian:trixie-slim", path);
    assert.equal(reference, "debian:trixie-slim");
    assert.match(warning ?? "", /is not pinned.*node images\/lock\.mjs/);
    assert.deepEqual(lockedReference("testbro/base:1", path), { reference: "testbro/base:1" });
  });

  it("is refused with a digest that is none", () => {
    write("sha256:123");
    assert.throws(() => readLock(path), /the digest "sha256:123", which is none/);
  });

  it("is filled from what the registry gave", async () => {
    write(null);
    await resolveLock(engine(`case $1 in pull) ;; image) echo "debian@${DIGEST}" ;; esac`), path);
    assert.equal(readLock(path).images["debian:trixie-slim"]?.digest, DIGEST);
  });

  it("stays as it was when the registry cannot be reached", async () => {
    write(null);
    const before = readFileSync(path, "utf8");
    await assert.rejects(resolveLock(engine("echo 'dial tcp: no route' >&2; exit 1"), path), /cannot be pulled[^]*no route/);
    assert.equal(readFileSync(path, "utf8"), before);
  });

  it("is not filled with the digest of an image that was made locally", async () => {
    write(null);
    await assert.rejects(resolveLock(engine("exit 0"), path), /knows no digest/);
  });
});
