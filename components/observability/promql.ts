import { createRequire } from "node:module";
import type { LRParser } from "@lezer/lr";

// The package has a CommonJS build, but types for its ES module only.
const { parser } = createRequire(__filename)("@prometheus-io/lezer-promql") as { parser: LRParser };

/** Characters shown around the place of an error. */
const AROUND = 12;

/**
 * What is wrong with the grammar of an expression, by Prometheus' own grammar for editors: where it breaks off or an unknown word.
 * Types and labels are not looked at: that only Prometheus can tell.
 * @returns undefined when nothing is
 */
export function promqlProblem(expression: string): string | undefined {
  if (expression.trim() === "") return "is empty";
  let at: number | undefined;
  parser.parse(expression).iterate({
    enter: ({ type, from }) => {
      if (type.isError) at ??= from;
    },
  });
  if (at === undefined) return undefined;
  if (at >= expression.trimEnd().length) return `"${expression}" is not PromQL: it ends too early`;
  return `"${expression}" is not PromQL: wrong at "${expression.slice(Math.max(0, at - AROUND), at + AROUND)}"`;
}
