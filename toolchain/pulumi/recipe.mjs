// How each part is built from source. A part's key changes with anything that goes into it, so a finished build is never stale.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { CLI, LANGUAGE_HOST, PLUGINS, PLUGINS_ON_DEMAND } from "./versions.mjs";

/** The Go sources of the toolchain. */
export const GO_SOURCES = join(dirname(dirname(fileURLToPath(import.meta.url))), "go");

/** Docker Compose support would pull in CGO and twice the code; the other two tags keep the binaries static and small. */
export const TAGS = "osusergo,grpcnotrace,no_compose";

/**
 * @typedef {object} Compilation
 * @property {string} module Folder of the Go module, below the sources.
 * @property {string} target Go package to build.
 * @property {string} binary Name of the result.
 * @property {string} versionVariable Go variable that receives the version.
 * @property {string} version
 * @property {string} [tags] Build tags; default {@link TAGS}.
 * @property {Readonly<Record<string, string>>} [variables] More Go variables and what they receive.
 */

/**
 * @typedef {object} PatchedModule A published module of which some files are replaced by our own, for a `replace` in go.mod.
 * @property {string} module Path and version, such as `example.org/a@v1.2.3`.
 * @property {string} sum Its checksum as go.sum would have it.
 * @property {string} folder Where the `replace` looks for it, below the sources.
 * @property {Readonly<Record<string, string>>} files File in it → file below the sources that takes its place.
 */

/**
 * @typedef {object} Part
 * @property {string} name
 * @property {string} title For people.
 * @property {string} version
 * @property {string[]} sources Files and folders below the sources that go into it.
 * @property {Compilation[]} compilations
 * @property {Readonly<Record<string, string>>} scripts Executable scripts that lie beside the binaries, by name.
 * @property {number} seconds Roughly how long a first build takes on two cores, as measured.
 * @property {readonly PatchedModule[]} [patched] Modules that lie below the sources only while it is built.
 */

/**
 * Dynamic providers are JavaScript: the CLI starts this script in the program's folder and talks to the SDK found there.
 * The official distribution has a script of the same name and purpose.
 */
const DYNAMIC_PROVIDER_SCRIPT = `#!/bin/sh
exec node "$(node -p 'require.resolve("@pulumi/pulumi/cmd/dynamic-provider")')" "$@"
`;

/** @param {string} name */
const versionOf = (name) => PLUGINS[name] ?? PLUGINS_ON_DEMAND[name] ?? "";

/**
 * @param {string} name
 * @param {string} title
 * @param {number} seconds
 * @param {string[]} extraSources
 * @returns {Part}
 */
const plugin = (name, title, seconds, extraSources) => ({
  name,
  title,
  version: versionOf(name),
  sources: ["go.mod", "go.sum", `cmd/pulumi-resource-${name}`, ...extraSources],
  compilations: [
    {
      module: ".",
      target: `./cmd/pulumi-resource-${name}`,
      binary: `pulumi-resource-${name}`,
      versionVariable: "main.version",
      version: versionOf(name),
    },
  ],
  scripts: {},
  seconds,
});

/** Everything that can be built, in the order that shares most compilation. @type {readonly Part[]} */
export const PARTS = [
  {
    name: "cli",
    title: "the Pulumi CLI",
    version: CLI,
    sources: ["go.mod", "go.sum", "language-host"],
    compilations: [
      {
        module: ".",
        target: "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
        binary: "pulumi",
        versionVariable: "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version",
        version: `v${CLI}`,
      },
      {
        module: "language-host",
        target: "github.com/pulumi/pulumi/sdk/v3/nodejs/cmd/pulumi-language-nodejs",
        binary: "pulumi-language-nodejs",
        versionVariable: "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version",
        version: `v${LANGUAGE_HOST}`,
      },
    ],
    scripts: { "pulumi-resource-pulumi-nodejs": DYNAMIC_PROVIDER_SCRIPT },
    seconds: 360,
  },
  plugin("docker", "the Docker plugin", 150, ["docker-shim"]),
  plugin("random", "the random plugin", 45, ["internal"]),
  plugin("tls", "the tls plugin", 15, ["internal"]),
  plugin("kubernetes", "the Kubernetes plugin", 130, []),
];

/**
 * @param {string} name
 * @returns {Part}
 */
export function partNamed(name) {
  const part = PARTS.find((candidate) => candidate.name === name);
  if (!part) throw new Error(`no part ${name}; there are ${PARTS.map((p) => p.name).join(", ")}`);
  return part;
}

/**
 * The environment of a build: reproducible, static, and refusing to change the committed go.mod. Proxies and caches stay the user's.
 * Some distributions forbid Go to fetch a newer Go; unless the user's own environment does, it may here.
 *
 * @param {NodeJS.ProcessEnv} env
 * @returns {NodeJS.ProcessEnv}
 */
export const buildEnvironment = (env) => ({
  ...env,
  CGO_ENABLED: "0",
  GOFLAGS: "-mod=readonly -buildvcs=false",
  GOTOOLCHAIN: env.GOTOOLCHAIN || "auto",
  GOWORK: "off",
});

/**
 * @param {Compilation} compilation
 * @param {string} output Path of the binary.
 * @returns {string[]} Arguments of `go`.
 */
export function buildArguments({ target, versionVariable, version, tags = TAGS, variables = {} }, output) {
  const set = Object.entries({ [versionVariable]: version, ...variables }).map(([name, value]) => `-X ${name}=${value}`);
  return ["build", "-trimpath", ...(tags ? ["-tags", tags] : []), "-ldflags", `-s -w ${set.join(" ")}`, "-o", output, target];
}

/**
 * The folder name of a finished build: part, version and a hash of its sources and of the recipe itself.
 *
 * @param {Part} part
 * @param {string} [sources] Default the toolchain's own.
 * @returns {string} Such as `docker-v5.2.0-1a2b3c4d5e6f`.
 */
export function keyOf(part, sources = GO_SOURCES) {
  const hash = createHash("sha256");
  hash.update(JSON.stringify({ platform: process.platform, arch: process.arch, scripts: part.scripts }));
  if (part.patched) hash.update(JSON.stringify(part.patched));
  for (const compilation of part.compilations) hash.update(buildArguments(compilation, compilation.binary).join("\0"));
  for (const file of part.sources.flatMap((source) => filesOf(join(sources, source)))) {
    // A test of a plugin is not part of the plugin.
    if (file.endsWith("_test.go")) continue;
    hash.update(`\0${relative(sources, file)}\0`).update(readFileSync(file));
  }
  return `${part.name}-v${part.version}-${hash.digest("hex").slice(0, 12)}`;
}

/**
 * @param {string} path
 * @returns {string[]} The file itself, or all files below a folder, sorted.
 */
function filesOf(path) {
  try {
    return readdirSync(path, { withFileTypes: true })
      .sort((a, b) => (a.name < b.name ? -1 : 1))
      .flatMap((entry) => (entry.isDirectory() ? filesOf(join(path, entry.name)) : [join(path, entry.name)]));
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === "ENOTDIR") return [path];
    throw error;
  }
}
