// Images for the cluster's nodes, from Docker archives: no registry is asked.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { must } from "../process.mjs";

/** @import { NodeLayout } from "./layout.mjs" */

/** The image of every pod's first process. */
export const PAUSE_IMAGE = "docker.io/testbro/pause:1";

/**
 * Imports Docker archives (`docker save`) into nodes.
 *
 * @param {string[]} archives Files.
 * @param {NodeLayout[]} nodes
 * @param {NodeJS.ProcessEnv} env
 */
export async function importImages(archives, nodes, env) {
  for (const node of nodes) {
    for (const archive of archives) {
      const args = ["--address", node.socket, "--namespace", "k8s.io", "images", "import", archive];
      await must("ctr", args, { env, timeout: 600_000, what: `loading ${archive} into ${node.name}` });
    }
  }
}

/**
 * One file of a tar archive, in the format of POSIX.1-1988 (ustar).
 *
 * @param {string} name At most 100 bytes.
 * @param {Buffer} content
 * @param {number} mode
 */
function entry(name, content, mode) {
  const header = Buffer.alloc(512);
  header.write(name, 0, 100);
  header.write(`${mode.toString(8).padStart(7, "0")}\0`, 100);
  header.write("0000000\0", 108);
  header.write("0000000\0", 116);
  header.write(`${content.length.toString(8).padStart(11, "0")}\0`, 124);
  header.write("00000000000\0", 136);
  header.write("        ", 148);
  header.write("0", 156);
  header.write("ustar\0" + "00", 257);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  return Buffer.concat([header, content, Buffer.alloc((512 - (content.length % 512)) % 512)]);
}

/** @param {Record<string, { content: Buffer, mode?: number }>} files */
const tar = (files) =>
  Buffer.concat([...Object.entries(files).map(([name, { content, mode }]) => entry(name, content, mode ?? 0o644)), Buffer.alloc(1024)]);

/**
 * A Docker archive of an image with one static program.
 *
 * @param {string} reference
 * @param {string} program File.
 * @param {string} [arch] As Node names it; default this machine's.
 * @returns {Buffer}
 */
export function programImage(reference, program, arch = process.arch) {
  const name = basename(program);
  const layer = tar({ [name]: { content: readFileSync(program), mode: 0o755 } });
  const sha = (/** @type {Buffer} */ data) => createHash("sha256").update(data).digest("hex");
  const config = Buffer.from(
    JSON.stringify({
      architecture: arch === "x64" ? "amd64" : arch,
      os: "linux",
      created: "1970-01-01T00:00:00Z",
      // As the usual pause image: not root, so that "restricted" pods may have it.
      config: { Entrypoint: [`/${name}`], User: "65535:65535" },
      rootfs: { type: "layers", diff_ids: [`sha256:${sha(layer)}`] },
    }),
  );
  const manifest = [{ Config: `${sha(config)}.json`, RepoTags: [reference], Layers: [`${sha(layer)}.tar`] }];
  return tar({
    [`${sha(config)}.json`]: { content: config },
    [`${sha(layer)}.tar`]: { content: layer },
    "manifest.json": { content: Buffer.from(JSON.stringify(manifest)) },
  });
}
