import { createHash } from "node:crypto";

/** The engine takes at most 64 characters for a config's or secret's name; automatic naming adds 8. */
const LONGEST_NAME = 56;

/** Characters of a hash that keeps shortened names apart. */
const HASH_LENGTH = 4;

function withHash(text: string, hashed: string): string {
  const hash = createHash("sha256").update(hashed).digest("hex").slice(0, HASH_LENGTH);
  return `${text.slice(0, LONGEST_NAME - HASH_LENGTH - 1)}-${hash}`;
}

/** A name the engine takes: itself, or where it is too long its beginning and a hash of the whole. */
export function shortName(name: string): string {
  return name.length <= LONGEST_NAME ? name : withHash(name, name);
}

/** `testbro-nginx` and `/etc/nginx/nginx.conf` → `testbro-nginx-nginx-conf-1a2b`: readable, and unique by the path's hash. */
export function configName(workload: string, path: string): string {
  const base = (path.split("/").pop() ?? path).replace(/[^a-zA-Z0-9]+/g, "-");
  return withHash(`${workload}-${base}`, path);
}
