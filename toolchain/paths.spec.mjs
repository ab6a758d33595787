import assert from "node:assert/strict";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { paths } from "./paths.mjs";

describe("paths", () => {
  it("follows the XDG defaults below the home folder", () => {
    const { state, cache } = paths({ HOME: "/home/ada" });
    assert.equal(state, "/home/ada/.local/state/testbro");
    assert.equal(cache, "/home/ada/.cache/testbro");
  });

  it("takes XDG folders, and TESTBRO_* before them", () => {
    const env = { HOME: "/home/ada", XDG_STATE_HOME: "/s", XDG_CACHE_HOME: "/c" };
    assert.equal(paths(env).state, "/s/testbro");
    assert.equal(paths(env).cache, "/c/testbro");
    assert.equal(paths({ ...env, TESTBRO_HOME: "/t" }).state, "/t");
    assert.equal(paths({ ...env, TESTBRO_CACHE: "/u" }).cache, "/u");
  });

  it("ignores relative XDG folders and empty settings", () => {
    const env = { HOME: "/home/ada", XDG_STATE_HOME: "state", XDG_CACHE_HOME: "", TESTBRO_HOME: "", TESTBRO_CACHE: "" };
    assert.equal(paths(env).state, "/home/ada/.local/state/testbro");
    assert.equal(paths(env).cache, "/home/ada/.cache/testbro");
  });

  it("makes a relative TESTBRO_HOME absolute", () => {
    assert.equal(paths({ HOME: "/home/ada", TESTBRO_HOME: "here" }).state, resolve("here"));
  });

  it("asks the system for the home folder when HOME is not set", () => {
    assert.equal(paths({}).state, join(homedir(), ".local/state/testbro"));
  });

  it("keeps state and cache apart: nothing that must survive lies in the cache", () => {
    const all = paths({ HOME: "/home/ada" });
    assert.ok(all.engine.startsWith(`${all.state}/`));
    for (const folder of [all.built, all.downloads, all.pulumiHomes, all.answers, all.locks, all.scratch, all.baseImages]) {
      assert.ok(folder.startsWith(`${all.cache}/`), folder);
    }
  });
});
