// Loaded into the Pulumi program with `node --import`: notes when it started, when it was loaded and when it ended, in the file
// that TESTBRO_PROGRAM_CLOCK names. All times are milliseconds since 1970.
import { writeFileSync } from "node:fs";
import Module from "node:module";
import { join } from "node:path";

const now = () => performance.timeOrigin + performance.now();
const file = process.env.TESTBRO_PROGRAM_CLOCK;
/** @type {{started: number, loading?: number, loaded?: number}} */
const times = { started: performance.timeOrigin };

if (file) {
  const load = Module._extensions[".js"];
  Module._extensions[".js"] = (module, filename) => {
    const isProgram = filename.endsWith(join("stacks", "dist", "index.js"));
    if (isProgram) times.loading ??= now();
    load(module, filename);
    if (isProgram) times.loaded = now();
  };
  process.on("exit", () => {
    // The language host starts more Node processes than the program, e.g. to ask for its packages.
    if (times.loaded !== undefined) writeFileSync(file, JSON.stringify({ ...times, ended: now() }));
  });
}
