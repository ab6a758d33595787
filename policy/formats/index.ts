import type { Report } from "../core/evaluate";
import type { Rule } from "../core/rule";
import type { Preset } from "../core/settings";
import { junit } from "./junit";
import { sarif } from "./sarif";
import { text } from "./text";

/** How a report can be written. */
export const FORMATS = ["text", "json", "sarif", "junit"] as const;
export type Format = (typeof FORMATS)[number];

/** What a report is about. */
export interface Origin {
  /** The state file. */
  file: string;
  preset: Preset;
}

/** A report as text in one of the formats, ending with a line break. */
export function render(format: Format, report: Report, rules: readonly Rule[], origin: Origin): string {
  if (format === "json") return `${JSON.stringify({ ...origin, ...report }, null, 2)}\n`;
  if (format === "sarif") return `${JSON.stringify(sarif(report, rules, origin), null, 2)}\n`;
  return format === "junit" ? junit(report, rules, origin) : text(report, origin);
}
