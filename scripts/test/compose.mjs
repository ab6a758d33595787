// `docker compose` (version 2) for tests, where the machine has none: Debian 12's own docker-compose is version 1.
import { chmodSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { SUITE } from "../../toolchain/images/base.mjs";
import { paths } from "../../toolchain/paths.mjs";
import { find, run } from "../../toolchain/process.mjs";

/** Where Debian's package puts the plugin. */
const PLUGIN = "usr/libexec/docker/cli-plugins/docker-compose";

/** This machine's own sources of Debian packages in another release, in apt's two formats. */
function otherRelease() {
  const folder = "/etc/apt/sources.list.d";
  const named = existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : [];
  const files = ["/etc/apt/sources.list", ...named].filter((file) => existsSync(file) && /\.(list|sources)$/.test(file));
  for (const file of files) {
    const text = readFileSync(file, "utf8");
    const address = /^URIs:\s*(\S*\/debian\/?)\s*$/m.exec(text)?.[1] ?? /^deb\s+(?:\[[^\]]*\]\s+)?(\S*\/debian\/?)\s/m.exec(text)?.[1];
    const signed = /^Signed-By:\s*(\/\S+)/m.exec(text)?.[1] ?? /signed-by=([^\]\s]+)/.exec(text)?.[1];
    if (address !== undefined) return `deb ${signed === undefined ? "" : `[signed-by=${signed}] `}${address} ${SUITE} main\n`;
  }
  return undefined;
}

/** Unpacks the plugin of Debian's newer release into the cache, without installing anything. @returns {Promise<boolean>} */
async function unpack(folder, env) {
  const sources = otherRelease();
  if (sources === undefined || !find("apt-get", env, { system: true }) || !find("dpkg-deb", env, { system: true })) return false;
  const work = `${folder}.${process.pid}`;
  try {
    for (const each of ["lists/partial", "archives/partial", "parts", "tree"]) mkdirSync(join(work, each), { recursive: true });
    // apt fetches as a user of its own.
    chmodSync(work, 0o777);
    writeFileSync(join(work, "sources.list"), sources);
    const settings = {
      "Dir::Etc::sourcelist": join(work, "sources.list"),
      "Dir::Etc::sourceparts": join(work, "parts"),
      "Dir::State::lists": join(work, "lists"),
      "Dir::Cache::archives": join(work, "archives"),
      "Dir::Cache::pkgcache": "",
      "Dir::Cache::srcpkgcache": "",
      "Acquire::Languages": "none",
      "APT::Sandbox::User": "root",
      "Acquire::Check-Valid-Until": "false",
    };
    const apt = Object.entries(settings).flatMap(([key, value]) => ["-o", `${key}=${value}`]);
    if ((await run("apt-get", [...apt, "update", "-qq"], { env, timeout: 180_000 })).code !== 0) return false;
    if ((await run("apt-get", [...apt, "download", "-qq", "docker-compose"], { cwd: work, env, timeout: 180_000 })).code !== 0)
      return false;
    const archive = readdirSync(work).find((name) => name.endsWith(".deb"));
    if (archive === undefined) return false;
    const unpacked = await run("dpkg-deb", ["--extract", join(work, archive), join(work, "tree")], { env, timeout: 60_000 });
    if (unpacked.code !== 0 || !existsSync(join(work, "tree", PLUGIN))) return false;
    const plugins = join(work, "config", "cli-plugins");
    mkdirSync(plugins, { recursive: true });
    cpSync(join(work, "tree", PLUGIN), join(plugins, "docker-compose"));
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(dirname(folder), { recursive: true });
    renameSync(join(work, "config"), folder);
    return true;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/**
 * Makes `docker compose` work: as it is, or with a client configuration of its own that has the plugin.
 * @param {string} docker path of the client
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {Promise<NodeJS.ProcessEnv | undefined>} variables for the client; undefined where it cannot be had
 */
export async function ensureCompose(docker, env = process.env) {
  const works = async (/** @type {NodeJS.ProcessEnv} */ more) => {
    const { code, stdout } = await run(docker, ["compose", "version", "--short"], { env: { ...env, ...more }, timeout: 30_000 });
    return code === 0 && /^v?[2-9]\d*\./.test(stdout.trim());
  };
  if (await works({})) return {};
  const folder = join(paths(env).built, "compose");
  const own = { DOCKER_CONFIG: folder };
  if (await works(own)) return own;
  return (await unpack(folder, env)) && (await works(own)) ? own : undefined;
}
