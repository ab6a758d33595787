import { pageOf } from "./core/crossguard";
import { isStackRule, type Rule } from "./core/rule";

/** All rules for a terminal, or as JSON. */
export function listing(rules: readonly Rule[], json: boolean): string {
  if (json) {
    const list = rules.map((rule) => ({
      id: rule.id,
      group: rule.group,
      severity: rule.severity,
      title: rule.title,
      frameworks: rule.frameworks ?? [],
      parameters: rule.parameters ?? {},
      kinds: isStackRule(rule) ? ["stack"] : rule.kinds,
      page: pageOf(rule),
    }));
    return `${JSON.stringify(list, null, 2)}\n`;
  }
  return `${rules.map((rule) => `${rule.id.padEnd(42)} ${rule.severity.padEnd(9)} ${rule.title}`).join("\n")}\n`;
}

/** One rule for a terminal. */
export function explain(rule: Rule): string {
  const parameters = Object.entries(rule.parameters ?? {}).map(
    ([name, schema]) => `  ${name} (${schema.type}, default ${JSON.stringify(schema.default)}): ${schema.description}`,
  );
  return [
    `${rule.id} (${rule.severity})`,
    rule.title,
    "",
    `Why: ${rule.why}`,
    `Fix: ${rule.fix}`,
    "",
    `  ${rule.example}`,
    "",
    ...(parameters.length > 0 ? ["Parameters:", ...parameters, ""] : []),
    ...(rule.frameworks ? [`Covers: ${rule.frameworks.join(", ")}`] : []),
    `Exempt a resource: annotation or label policy.testbro.ai/exempt.${rule.id} with a reason, e.g. "vendor image; expires=2027-01-31"`,
    "",
  ].join("\n");
}

/** The page of a group in the docs: every rule under its id as anchor. */
export function groupPage(group: string, rules: readonly Rule[]): string {
  const section = (rule: Rule) => {
    const parameters = Object.entries(rule.parameters ?? {}).map(
      ([name, schema]) =>
        `| \`${name}\` | ${schema.type} | \`${JSON.stringify(schema.default).replace(/\|/g, "\\|")}\` | ${schema.description} |`,
    );
    return [
      `## ${rule.id}`,
      "",
      `**${rule.title}** Severity ${rule.severity}; looks at ${isStackRule(rule) ? "the stack as a whole" : rule.kinds.map((kind) => `\`${kind}\``).join(", ")}.`,
      "",
      rule.why,
      "",
      `${rule.fix}`,
      "",
      "```text",
      rule.example,
      "```",
      "",
      ...(parameters.length > 0 ? ["| parameter | type | default | meaning |", "|---|---|---|---|", ...parameters, ""] : []),
      ...(rule.frameworks ? [`Covers: ${rule.frameworks.join(", ")}.`, ""] : []),
    ].join("\n");
  };
  return [
    `# Policies: ${group}`,
    "",
    "Written by `npm run generate -w policy` from the rules themselves; see [policies](policies.md) for how to use them.",
    "",
    ...rules.filter((rule) => rule.group === group).map(section),
  ].join("\n");
}
