// A machine made of fakes, for specs.
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { Progress } from "../progress.mjs";
import { ensurePulumi } from "./index.mjs";

/** A machine of its own: PATH, HOME and cache below one folder, every program on it a fake. */
export class Machine {
  constructor() {
    this.root = mkdtempSync(join(tmpdir(), "tb-pulumi-"));
    this.bin = join(this.root, "bin");
    mkdirSync(this.bin);
    // The fakes are shell scripts and need a few real programs.
    for (const tool of ["sh", "mkdir", "sleep", "cat", "tar", "gzip", "touch", "chmod", "dirname"]) {
      const real = ["/usr/bin", "/bin"].map((folder) => join(folder, tool)).find(existsSync);
      if (real) symlinkSync(real, join(this.bin, tool));
    }
    this.calls = join(this.root, "calls");
    writeFileSync(this.calls, "");
    this.env = { PATH: this.bin, HOME: join(this.root, "home"), TESTBRO_CACHE: join(this.root, "cache"), CALLS: this.calls };
    this.said = "";
    this.progress = new Progress({ stream: { write: (text) => (this.said += text) } });
    // Sources of the same shape as the real ones, so that keys are computed from something small.
    this.sources = join(this.root, "go");
    for (const file of ["go.mod", "go.sum", "language-host/go.mod", "docker-shim/shim.go", "internal/a.go"])
      this.write(join("go", file), file);
    for (const name of ["docker", "random", "tls", "kubernetes"]) this.write(`go/cmd/pulumi-resource-${name}/main.go`, name);
  }

  /** @param {string} file @param {string} text */
  write(file, text) {
    mkdirSync(dirname(join(this.root, file)), { recursive: true });
    writeFileSync(join(this.root, file), text);
  }

  /** @param {string} name @param {string} script */
  program(name, script) {
    writeFileSync(join(this.bin, name), `#!/bin/sh\necho "${name} $*" >> "$CALLS"\n${script}\n`);
    chmodSync(join(this.bin, name), 0o755);
  }

  /** A pulumi of a version, with its language host, which "downloads" plugins as the real one lays them out. @param {string} version */
  pulumi(version) {
    this.program(
      "pulumi",
      `case "$1" in version) echo ${version};; plugin) mkdir -p "$PULUMI_HOME/plugins/resource-$4-v$5"; touch "$PULUMI_HOME/plugins/resource-$4-v$5/pulumi-resource-$4";; esac`,
    );
    this.program("pulumi-language-nodejs", "");
  }

  /** A go that writes what it was asked to build, as a script. @param {string} [version] @param {string} [before] */
  go(version = "1.26.1", before = "") {
    this.program(
      "go",
      `[ "$1" = version ] && { echo "go version go${version} linux/amd64"; exit 0; }
       ${before}
       while [ "$1" != -o ]; do shift; done; echo built > "$2"`,
    );
  }

  /** @param {boolean} reachable */
  curl(reachable) {
    this.program("curl", reachable ? "exit 0" : 'echo "curl: (6) Could not resolve host" >&2; exit 6');
  }

  /** @param {object} [options] */
  ensure(options = {}) {
    return ensurePulumi({ env: this.env, progress: this.progress, sources: this.sources, ...options });
  }

  /** @param {string} program @returns {string[]} */
  called(program) {
    return readFileSync(this.calls, "utf8")
      .split("\n")
      .filter((line) => line.startsWith(`${program} `));
  }

  remove() {
    rmSync(this.root, { recursive: true });
  }
}
