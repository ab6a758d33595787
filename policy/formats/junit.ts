import type { Report } from "../core/evaluate";
import { EXEMPTION_POLICY } from "../core/exemptions";
import { GROUPS, type Rule } from "../core/rule";
import type { Origin } from ".";

function escape(text: string): string {
  return text
    .replace(/&/g, "&amp;")
    .replace(/</g, "&lt;")
    .replace(/>/g, "&gt;")
    .replace(/"/g, "&quot;")
    .replace(/[^\t\n\r -\uFFFD]/g, "");
}

/** A report as JUnit XML: a suite a group, a case a rule; mandatory findings fail it, others are its output. */
export function junit(report: Report, rules: readonly Rule[], { file }: Origin): string {
  const byRule = new Map<string, Report["findings"]>();
  for (const finding of report.findings) byRule.set(finding.rule, [...(byRule.get(finding.rule) ?? []), finding]);
  const testcase = (id: string, group: string) => {
    const findings = byRule.get(id) ?? [];
    const describe = (mandatory: boolean) =>
      findings
        .filter((finding) => (finding.level === "mandatory") === mandatory)
        .map((finding) => `${finding.urn || "stack"}: ${finding.outcome === "violation" ? "" : `${finding.outcome}: `}${finding.message}`)
        .join("\n");
    const [failed, noted] = [describe(true), describe(false)];
    const inner = `${failed ? `<failure message="${escape(failed.split("\n")[0]!)}">${escape(failed)}</failure>` : ""}${noted ? `<system-out>${escape(noted)}</system-out>` : ""}`;
    return { failed: failed !== "", xml: `    <testcase classname="${group}" name="${escape(id)}">${inner}</testcase>` };
  };
  const suites = [
    ...GROUPS.map((group) => ({ group, ids: rules.filter((rule) => rule.group === group).map((rule) => rule.id) })),
    { group: EXEMPTION_POLICY, ids: [EXEMPTION_POLICY] },
  ];
  const rendered = suites.map(({ group, ids }) => {
    const cases = ids.map((id) => testcase(id, group));
    const failures = cases.filter((entry) => entry.failed).length;
    return {
      failures,
      tests: cases.length,
      xml: [
        `  <testsuite name="${group}" tests="${cases.length}" failures="${failures}">`,
        ...cases.map((entry) => entry.xml),
        "  </testsuite>",
      ].join("\n"),
    };
  });
  const sum = (key: "tests" | "failures") => rendered.reduce((total, suite) => total + suite[key], 0);
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="${escape(file)}" tests="${sum("tests")}" failures="${sum("failures")}">\n${rendered.map((suite) => suite.xml).join("\n")}\n</testsuites>\n`;
}
