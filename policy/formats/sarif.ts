import type { Finding, Report } from "../core/evaluate";
import type { Rule, Severity } from "../core/rule";
import { EXEMPTION_POLICY } from "../core/exemptions";
import { pageOf } from "../core/crossguard";
import type { Origin } from ".";

/** GitHub sorts by this number; its bounds are 9 critical, 7 high, 4 medium. */
const SECURITY_SEVERITY: Record<Severity, string> = { critical: "9.5", high: "8.0", medium: "5.5", low: "2.0" };

function level(finding: Finding): "error" | "warning" | "note" {
  if (finding.outcome === "undecidable" || finding.outcome === "exempted") return "note";
  return finding.level === "mandatory" ? "error" : "warning";
}

/** A report as SARIF 2.1.0 (OASIS), as GitHub's code scanning takes it. */
export function sarif(report: Report, rules: readonly Rule[], { file }: Origin): object {
  const described = rules.map((rule) => ({
    id: rule.id,
    shortDescription: { text: rule.title },
    fullDescription: { text: rule.why },
    help: { text: `${rule.fix}\n\n${rule.example}\n\n${pageOf(rule)}` },
    properties: { tags: [rule.group, ...(rule.frameworks ?? [])], "security-severity": SECURITY_SEVERITY[rule.severity] },
  }));
  const exemptions = { id: EXEMPTION_POLICY, shortDescription: { text: "Exemptions are well-formed, current and needed." } };
  return {
    $schema: "https://json.schemastore.org/sarif-2.1.0.json",
    version: "2.1.0",
    runs: [
      {
        tool: { driver: { name: "testbro-policy", rules: [...described, exemptions] } },
        results: report.findings.map((finding) => ({
          ruleId: finding.rule,
          level: level(finding),
          message: { text: `${finding.name ? `${finding.name}: ` : ""}${finding.message}` },
          locations: [
            {
              physicalLocation: { artifactLocation: { uri: file === "-" ? "stdin" : file.replace(/\\/g, "/") }, region: { startLine: 1 } },
              logicalLocations: [{ fullyQualifiedName: finding.urn || "stack", kind: "resource" }],
            },
          ],
          partialFingerprints: { finding: `${finding.rule} ${finding.urn} ${finding.path ?? ""}` },
          ...(finding.outcome === "exempted" ? { suppressions: [{ kind: "inSource", justification: finding.message }] } : {}),
        })),
      },
    ],
  };
}
