/** A CPU amount: cores as a number (`0.5`) or a Kubernetes quantity (`"500m"`, `"2"`). */
export type CpuQuantity = number | string;

/** A memory or storage amount: bytes as a number, or a Kubernetes quantity (`"256Mi"`, `"1Gi"`, `"500M"`). */
export type ByteQuantity = number | string;

const BYTE_FACTORS: Record<string, number> = {
  "": 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
};

/**
 * Millicores of a CPU quantity (Kubernetes resource model: 1 CPU = 1000m, nothing finer than 1m).
 * @throws RangeError naming the value and the accepted forms
 */
export function millicores(quantity: CpuQuantity): number {
  const text = String(quantity).trim();
  const match = /^(\d+(?:\.\d+)?)(m?)$/.exec(text);
  const value = match ? Math.round(Number(match[1]) * (match[2] === "m" ? 1 : 1000)) : NaN;
  if (!Number.isFinite(value)) {
    throw new RangeError(`"${text}" is not a CPU quantity; write cores (0.5, 2) or millicores ("500m")`);
  }
  return value;
}

/**
 * Bytes of a memory or storage quantity (Kubernetes suffixes: k M G T are powers of 1000, Ki Mi Gi Ti of 1024).
 * @throws RangeError naming the value and the accepted forms
 */
export function bytes(quantity: ByteQuantity): number {
  const text = String(quantity).trim();
  const match = /^(\d+(?:\.\d+)?)(|k|M|G|T|Ki|Mi|Gi|Ti)$/.exec(text);
  const value = match ? Math.round(Number(match[1]) * (BYTE_FACTORS[match[2] ?? ""] ?? NaN)) : NaN;
  if (!Number.isFinite(value)) {
    throw new RangeError(`"${text}" is not a byte quantity; write bytes (268435456) or a suffix ("256Mi", "1Gi", "500M")`);
  }
  return value;
}
