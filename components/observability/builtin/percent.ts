/** A share as people read it, e.g. 0.07 → "7%". */
export function percent(share: number): string {
  return `${Number((share * 100).toFixed(2))}%`;
}
