import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readServiceSettings, SettingsError, SettingsReader } from "./settings";

function problemsOf(environment: NodeJS.ProcessEnv, read: (reader: SettingsReader) => void): readonly string[] {
  const reader = new SettingsReader(environment);
  read(reader);
  try {
    reader.finish();
  } catch (error) {
    assert.ok(error instanceof SettingsError);
    return error.problems;
  }
  return [];
}

describe("service settings", () => {
  it("have defaults for every key", () => {
    const reader = new SettingsReader({});
    const settings = readServiceSettings(reader, { port: 3001 });
    reader.finish();
    assert.deepEqual(settings, {
      port: 3001,
      metricsPort: 9464,
      drainSeconds: 5,
      logLevel: "info",
      version: "development",
      fault: { kind: "none" },
    });
  });

  it("take what the environment says", () => {
    const environment = {
      PORT: "80",
      METRICS_PORT: "81",
      DRAIN_SECONDS: "0.5",
      LOG_LEVEL: "debug",
      APP_VERSION: "7",
      FAULT: "crash-after:2",
    };
    const reader = new SettingsReader(environment);
    const settings = readServiceSettings(reader, { port: 3001 });
    reader.finish();
    assert.deepEqual(settings, {
      port: 80,
      metricsPort: 81,
      drainSeconds: 0.5,
      logLevel: "debug",
      version: "7",
      fault: { kind: "crash-after", seconds: 2 },
    });
  });

  it("report every problem at once, each with key, value and fix", () => {
    const environment = { PORT: "70000", METRICS_PORT: "9.5", DRAIN_SECONDS: "-1", LOG_LEVEL: "loud", FAULT: "explode" };
    const problems = problemsOf(environment, (reader) => readServiceSettings(reader, { port: 3001 }));
    assert.deepEqual(problems, [
      'PORT is "70000": use a whole number from 1 to 65535',
      'METRICS_PORT is "9.5": use a whole number from 1 to 65535',
      'DRAIN_SECONDS is "-1": use a number from 0 to 300',
      'LOG_LEVEL is "loud": use one of fatal, error, warn, info, debug, trace, silent',
      'FAULT is "explode": use none, never-healthy or crash-after:SECONDS',
    ]);
  });

  it("refuse one port for two servers", () => {
    const problems = problemsOf({ PORT: "9464" }, (reader) => readServiceSettings(reader, { port: 3001 }));
    assert.match(problems.join(), /METRICS_PORT is "9464", the same as PORT/);
  });
});

describe("a file setting", () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "settings-"))));
  afterEach(() => rmSync(folder, { recursive: true }));

  it("is the path of a readable file", () => {
    const path = join(folder, "password");
    writeFileSync(path, "secret\n");
    const reader = new SettingsReader({ PASSWORD_FILE: path });
    assert.equal(reader.file("PASSWORD_FILE", "the password"), path);
    reader.finish();
  });

  it("may be absent unless it is required", () => {
    assert.deepEqual(
      problemsOf({}, (reader) => reader.file("PASSWORD_FILE", "the password")),
      [],
    );
    assert.deepEqual(
      problemsOf({}, (reader) => reader.file("PASSWORD_FILE", "the password", { required: true })),
      ["PASSWORD_FILE is not set: set it to the path of a file with the password"],
    );
  });

  it("is refused when the file is missing or empty", () => {
    const empty = join(folder, "empty");
    writeFileSync(empty, "\n");
    const problems = problemsOf({ A: join(folder, "none"), B: empty }, (reader) => {
      reader.file("A", "the CA");
      reader.file("B", "the password");
    });
    assert.equal(problems.length, 2);
    assert.match(problems[0] ?? "", /^A is ".*none", which cannot be read \(ENOENT\): mount a file with the CA there$/);
    assert.match(problems[1] ?? "", /^B is ".*empty", an empty file: write the password into it$/);
  });
});
