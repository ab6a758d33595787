// Builds from source through the Go module proxy: the fallback where nothing can be downloaded, and the air-gapped install.
import { chmodSync, cpSync, existsSync, mkdirSync, readdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ToolchainError } from "../errors.mjs";
import { withLock } from "../lock.mjs";
import { find, lastLines, run } from "../process.mjs";
import { progress as defaultProgress } from "../progress.mjs";
import { inScratch } from "../scratch.mjs";
import { buildArguments, buildEnvironment, GO_SOURCES, keyOf } from "./recipe.mjs";
import { compareVersions } from "./versions.mjs";

/** @import { Paths } from "../paths.mjs" */
/** @import { Progress } from "../progress.mjs" */
/** @import { Part } from "./recipe.mjs" */

/** From this release on Go fetches by itself the newer Go that a module asks for. */
const OLDEST_GO = "1.21";

/**
 * @typedef {object} BuildContext
 * @property {Paths} paths
 * @property {NodeJS.ProcessEnv} env
 * @property {Progress} [progress]
 * @property {string} [sources] Go sources; default the toolchain's own.
 */

/**
 * Where the finished build of a part is, if there is one.
 *
 * @param {Part} part
 * @param {BuildContext} context
 * @returns {string | undefined} Folder with its binaries.
 */
export function finishedBuild(part, { paths, sources }) {
  const folder = join(paths.built, keyOf(part, sources));
  return existsSync(folder) ? folder : undefined;
}

/**
 * Builds a part, or returns the finished build of the same sources. Two processes never build the same part at once; a build
 * that is interrupted leaves nothing that looks finished.
 *
 * @param {Part} part
 * @param {BuildContext} context
 * @returns {Promise<string>} Folder with its binaries.
 * @throws {ToolchainError} When Go is missing or too old, or the build fails.
 */
export async function buildPart(part, context) {
  const finished = finishedBuild(part, context);
  if (finished) return finished;
  const { paths, env, progress = defaultProgress, sources = GO_SOURCES } = context;
  const go = await goCommand(env);
  const key = keyOf(part, sources);
  const onWait = (/** @type {number} */ pid) => progress.line(`Process ${pid} is building ${part.title}; waiting for it.`);
  return withLock(
    join(paths.locks, `${key}.lock`),
    async () => {
      const made = finishedBuild(part, context);
      if (made) return made;
      return inScratch(paths.scratch, async (scratch) => {
        const title = `Building ${part.title} ${part.version} from source (once; about ${minutes(part.seconds)} on two cores)`;
        await progress.step(title, (detail) =>
          withPatched(part, { go, sources, env, root: paths.scratch }, async (from) => {
            for (const compilation of part.compilations) {
              await compile(go, compilation, { scratch, sources: from, env, detail, title: part.title });
            }
          }),
        );
        for (const [name, text] of Object.entries(part.scripts)) writeFileSync(join(scratch, name), text, { mode: 0o755 });
        mkdirSync(paths.built, { recursive: true });
        renameSync(scratch, join(paths.built, key));
        return join(paths.built, key);
      });
    },
    { onWait },
  );
}

/**
 * Runs `work` with the sources, and where a part has patched modules, with a copy of its sources that has them beside it: they are
 * taken from Go's module cache, and never stand in the checkout.
 *
 * @param {Part} part
 * @param {{ go: string, sources: string, env: NodeJS.ProcessEnv, root: string }} where
 * @param {(sources: string) => Promise<void>} work
 */
async function withPatched(part, { go, sources, env, root }, work) {
  if (!part.patched) return work(sources);
  await inScratch(root, async (copy) => {
    for (const source of part.sources) cpSync(join(sources, source), join(copy, source), { recursive: true });
    for (const { module, sum, folder, files } of part.patched ?? []) {
      const target = join(copy, folder);
      cpSync(await downloadModule(go, module, sum, { env, cwd: copy }), target, { recursive: true });
      makeWritable(target);
      for (const [to, from] of Object.entries(files)) cpSync(join(sources, from), join(target, to));
    }
    await work(copy);
  });
}

/**
 * @param {string} go
 * @param {string} module
 * @param {string} sum
 * @param {{ env: NodeJS.ProcessEnv, cwd: string }} where
 * @returns {Promise<string>} Its folder in Go's module cache, where every file is read-only.
 */
async function downloadModule(go, module, sum, { env, cwd }) {
  const { stdout, stderr } = await run(go, ["mod", "download", "-json", module], { cwd, env: buildEnvironment(env) });
  /** @type {{ Dir?: string, Sum?: string, Error?: string }} */
  const answer = stdout.trim().startsWith("{") ? JSON.parse(stdout) : { Error: lastLines(stderr) };
  if (!answer.Dir) throw new ToolchainError(`the Go module ${module} could not be had: ${answer.Error ?? lastLines(stderr)}`);
  if (answer.Sum !== sum)
    throw new ToolchainError(`the Go module ${module} is not the one that was tried: its sum is ${answer.Sum}, not ${sum}`);
  return answer.Dir;
}

/** @param {string} folder */
function makeWritable(folder) {
  chmodSync(folder, 0o755);
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) makeWritable(path);
    else chmodSync(path, 0o644);
  }
}

/** @param {number} seconds */
const minutes = (seconds) => (seconds < 60 ? `${seconds} s` : `${Math.round(seconds / 60)} min`);

/**
 * @param {string} go
 * @param {Part["compilations"][number]} compilation
 * @param {{ scratch: string, sources: string, env: NodeJS.ProcessEnv, detail: (text: string) => void, title: string }} where
 */
async function compile(go, compilation, { scratch, sources, env, detail, title }) {
  let fetched = 0;
  detail(compilation.binary);
  const result = await run(go, buildArguments(compilation, join(scratch, compilation.binary)), {
    cwd: join(sources, compilation.module),
    env: buildEnvironment(env),
    onLine: (line) => line.startsWith("go: downloading") && detail(`${compilation.binary}, ${++fetched} modules fetched`),
  });
  if (result.code === 0) return;
  const reason = result.stderr
    .split("\n")
    .filter((line) => !line.startsWith("go: downloading"))
    .join("\n");
  throw new ToolchainError(
    `building ${title} failed. Check that the Go module proxy can be reached (\`go env GOPROXY\`) and that the disk is not full:\n${lastLines(reason)}`,
  );
}

/**
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<string>} Path of a `go` that can build the sources.
 */
async function goCommand(env) {
  const go = find("go", env);
  if (!go) throw new ToolchainError("Go is not installed (no `go` on PATH)");
  const version = /go(\d+\.\d+(\.\d+)?)/.exec((await run(go, ["version"], { env, timeout: 20_000 })).stdout)?.[1];
  if (!version || compareVersions(version, OLDEST_GO) < 0) {
    throw new ToolchainError(`Go ${OLDEST_GO} or newer is needed; ${go} is ${version ?? "of an unknown version"}`);
  }
  return go;
}
