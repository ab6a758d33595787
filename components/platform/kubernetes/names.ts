import { createHash } from "node:crypto";
import { bytes, millicores, type ByteQuantity, type CpuQuantity, type Ref } from "../../workload";

/** Longest value of a label, and longest DNS label (RFC 1123). */
export const LONGEST_LABEL = 63;

/** Characters of a hash that keeps shortened or equal names apart. */
const HASH_LENGTH = 6;

function hashOf(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, HASH_LENGTH);
}

/** A name itself, or where it is longer than `longest` its beginning and a hash of the whole. */
export function shortName(name: string, longest: number): string {
  return name.length <= longest ? name : `${name.slice(0, longest - HASH_LENGTH - 1)}-${hashOf(name)}`;
}

/** Labels that find a workload's pods, and nothing else's. They can never change, because a controller's selector cannot. */
export function selectorLabels(prefix: string, ref: Pick<Ref, "name">): Record<string, string> {
  return { "app.kubernetes.io/name": ref.name, "app.kubernetes.io/instance": prefix };
}

/**
 * Keys for files in one ConfigMap or projected volume: `/etc/nginx/nginx.conf` → `etc-nginx-nginx.conf`, with a hash of the path
 * where two paths would read the same.
 */
export function fileKeys(paths: readonly string[]): Map<string, string> {
  const plain = (path: string): string => path.replace(/^\/+/, "").replace(/[^a-zA-Z0-9._-]/g, "-");
  const counts = new Map<string, number>();
  for (const path of paths) counts.set(plain(path), (counts.get(plain(path)) ?? 0) + 1);
  return new Map(paths.map((path) => [path, counts.get(plain(path)) === 1 ? plain(path) : `${plain(path)}-${hashOf(path)}`]));
}

/** A CPU amount in the form in which the API server gives it back: `0.5` → `500m`, `"2000m"` → `2`. */
export function cpuText(quantity: CpuQuantity): string {
  const value = millicores(quantity);
  return value % 1000 === 0 ? String(value / 1000) : `${value}m`;
}

const BINARY_SUFFIXES = ["Ti", "Gi", "Mi", "Ki"] as const;

/** A byte amount in the form in which the API server gives it back: the largest binary suffix that divides it. */
export function bytesText(quantity: ByteQuantity): string {
  const value = bytes(quantity);
  for (const [index, suffix] of BINARY_SUFFIXES.entries()) {
    const unit = 2 ** (10 * (BINARY_SUFFIXES.length - index));
    if (value >= unit && value % unit === 0) return `${value / unit}${suffix}`;
  }
  return String(value);
}
