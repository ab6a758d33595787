// promtool for the alert rules' tests, without installing a Prometheus that would start itself.
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { paths } from "../../toolchain/paths.mjs";
import { find, run } from "../../toolchain/process.mjs";

/**
 * Where promtool is: named by `PROMTOOL`, on the PATH, or unpacked from Debian's package into the cache.
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {Promise<string | undefined>} undefined where it cannot be had; the specs then say so and skip its part
 */
export async function ensurePromtool(env = process.env) {
  const known = env.PROMTOOL || find("promtool", env);
  if (known) return known;
  const folder = join(paths(env).built, "promtool");
  const program = join(folder, "usr", "bin", "promtool");
  if (existsSync(program)) return program;
  if (!find("apt-get", env, { system: true }) || !find("dpkg-deb", env, { system: true })) return undefined;
  const unfinished = `${folder}.${process.pid}`;
  try {
    mkdirSync(unfinished, { recursive: true });
    const download = () => run("apt-get", ["download", "-qq", "prometheus"], { cwd: unfinished, env, timeout: 60_000 });
    let fetched = await download();
    // A machine just installed has no package lists yet.
    if (fetched.code !== 0 && (await run("apt-get", ["update", "-qq"], { env, timeout: 120_000 })).code === 0) fetched = await download();
    const [archive] = fetched.code === 0 ? readdirSync(unfinished) : [];
    if (archive === undefined) return undefined;
    const unpacked = await run("dpkg-deb", ["--extract", join(unfinished, archive), join(unfinished, "tree")], { env, timeout: 60_000 });
    if (unpacked.code !== 0) return undefined;
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(dirname(folder), { recursive: true });
    renameSync(join(unfinished, "tree"), folder);
    return existsSync(program) ? program : undefined;
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
}
