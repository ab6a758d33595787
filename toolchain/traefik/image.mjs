// What images/traefik takes from here.
import { copyFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { ensureTraefik } from "./index.mjs";

/**
 * Puts Traefik's program into a folder.
 *
 * @param {string} folder
 */
export async function bundle(folder) {
  const { program } = await ensureTraefik();
  mkdirSync(folder, { recursive: true });
  copyFileSync(program, join(folder, "traefik"));
}
