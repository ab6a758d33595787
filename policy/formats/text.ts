import type { Finding, Report } from "../core/evaluate";
import type { Origin } from ".";

const ORDER = ["critical", "high", "medium", "low"];

function line(finding: Finding): string {
  const outcome = finding.outcome === "violation" ? "" : `${finding.outcome}: `;
  return `  ${finding.level === "mandatory" ? "✗" : "-"} ${finding.severity.padEnd(8)} ${finding.rule}: ${outcome}${finding.message}`;
}

/** A report for people: findings by resource, the gravest first, and what was exempted. */
export function text(report: Report, { preset }: Origin): string {
  const byResource = new Map<string, Finding[]>();
  for (const finding of report.findings) {
    const key = finding.urn === "" ? "the stack" : `${finding.name} (${finding.type})`;
    byResource.set(key, [...(byResource.get(key) ?? []), finding]);
  }
  const lines: string[] = [];
  for (const [resource, findings] of byResource) {
    const rank = (finding: Finding) => (finding.level === "mandatory" ? 0 : 10) + ORDER.indexOf(finding.severity);
    lines.push(resource, ...[...findings].sort((a, b) => rank(a) - rank(b)).map(line), "");
  }
  if (report.exemptions.length > 0) {
    lines.push("Exemptions");
    for (const { rule, urn, reason, expires, used, expired } of report.exemptions) {
      const state = expired ? "expired" : used ? "used" : "not needed";
      lines.push(`  ${state.padEnd(10)} ${rule} on ${urn.split("::").pop()}: ${reason}${expires ? ` (until ${expires})` : ""}`);
    }
    lines.push("");
  }
  const count = (outcome: string, level?: string) =>
    report.findings.filter((finding) => finding.outcome === outcome && (!level || finding.level === level)).length;
  const parts = [
    `${count("violation", "mandatory") + count("failed")} mandatory`,
    `${count("violation", "advisory")} advisory`,
    `${count("undecidable")} undecidable`,
    `${count("exempted")} exempted`,
  ];
  lines.push(
    `${report.resources} resources, ${report.rules} rules, preset ${preset}: ${parts.join(", ")}${report.passed ? "" : '; explain a rule with "testbro-policy explain RULE"'}`,
  );
  return `${lines.join("\n")}\n`;
}
