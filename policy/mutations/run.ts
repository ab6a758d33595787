import { evaluateRules } from "../core/evaluate";
import type { Resource } from "../core/resource";
import { isStackRule } from "../core/rule";
import { allFixtures } from "../fixtures/all";
import { resourcesOf } from "../fixtures/fixtures";
import { rules } from "../rules";
import { harmless } from "./harmless";
import { mutationsOf, type Mutation } from "./mutate";
import { stacks } from "./stacks";

/** What became of one mutation. */
export interface Result extends Mutation {
  /** Rules that found something they did not find before. */
  caughtBy: string[];
  /** Why it need not be caught, where it was not. */
  reason?: string;
}

/** Good resources that are not part of a well-made stack: looked at alone. */
function loose(): Resource[] {
  const known = new Set(stacks().flatMap((stack) => stack.map((resource) => JSON.stringify(resource))));
  const found = new Map<string, Resource>();
  for (const { good } of allFixtures()) {
    for (const stack of good) {
      for (const resource of resourcesOf(stack)) if (!known.has(JSON.stringify(resource))) found.set(JSON.stringify(resource), resource);
    }
  }
  return [...found.values()];
}

const resourceRules = rules.filter((rule) => !isStackRule(rule));
const stackRules = rules.filter(isStackRule);

/** Names what the rules find about one resource of a stack and about the stack, so that before and after can be compared. */
function findings(stack: readonly Resource[], resource: Resource): Set<string> {
  const reports = [evaluateRules(resourceRules, [resource], { preset: "strict" }), evaluateRules(stackRules, stack, { preset: "strict" })];
  return new Set(
    reports.flatMap((report) =>
      report.findings.filter(({ outcome }) => outcome !== "undecidable").map(({ rule, urn, message }) => `${rule}\n${urn}\n${message}`),
    ),
  );
}

/** Mutates every leaf of every good resource, one at a time, within the stack it belongs to. */
export function run(): Result[] {
  const results: Result[] = [];
  const tryAll = (stack: readonly Resource[], resource: Resource) => {
    const before = findings(stack, resource);
    for (const mutation of mutationsOf(resource)) {
      const after = findings(
        stack.map((other) => (other === resource ? mutation.mutated : other)),
        mutation.mutated,
      );
      const caughtBy = [...new Set([...after].filter((finding) => !before.has(finding)).map((finding) => finding.split("\n", 1)[0]!))];
      results.push({ ...mutation, caughtBy, reason: caughtBy.length > 0 ? undefined : harmless(mutation) });
    }
  };
  for (const stack of stacks()) for (const resource of stack) tryAll(stack, resource);
  return results;
}

/** Good resources outside of the stacks, one world each; many, so only on demand. */
export function runLoose(): Result[] {
  const results: Result[] = [];
  for (const resource of loose()) {
    const before = findings([resource], resource);
    for (const mutation of mutationsOf(resource)) {
      const caughtBy = [
        ...new Set(
          [...findings([mutation.mutated], mutation.mutated)]
            .filter((finding) => !before.has(finding))
            .map((finding) => finding.split("\n", 1)[0]!),
        ),
      ];
      results.push({ ...mutation, caughtBy, reason: caughtBy.length > 0 ? undefined : harmless(mutation) });
    }
  }
  return results;
}

function print(title: string, results: readonly Result[]): void {
  const caught = results.filter(({ caughtBy }) => caughtBy.length > 0);
  const survivors = results.filter(({ caughtBy }) => caughtBy.length === 0);
  console.log(`\n## ${title}\n\n${results.length} mutations, ${caught.length} caught, ${survivors.length} survived\n`);
  const byRule = new Map<string, number>();
  for (const { caughtBy } of caught) for (const rule of caughtBy) byRule.set(rule, (byRule.get(rule) ?? 0) + 1);
  console.log("| rule | caught |\n|---|---|");
  for (const [rule, count] of [...byRule].sort((a, b) => b[1] - a[1])) console.log(`| ${rule} | ${count} |`);
  const byReason = new Map<string, Result[]>();
  for (const result of survivors)
    byReason.set(result.reason ?? "UNEXPLAINED", [...(byReason.get(result.reason ?? "UNEXPLAINED") ?? []), result]);
  console.log("\n| survivors | why harmless | e.g. |\n|---|---|---|");
  for (const [reason, list] of [...byReason].sort((a, b) => b[1].length - a[1].length)) {
    const examples = reason === "UNEXPLAINED" ? list : list.slice(0, 2);
    console.log(
      `| ${list.length} | ${reason} | ${examples.map(({ resource, path, change }) => `${resource.name} ${path} ${change}`).join("; ")} |`,
    );
  }
}

if (require.main === module) {
  const started = Date.now();
  const main = run();
  print("Well-made stacks", main);
  const all = process.argv.includes("--all") ? runLoose() : [];
  if (all.length > 0) print("Other good fixtures, each alone", all);
  console.log(`\n${((Date.now() - started) / 1000).toFixed(1)} s`);
  if (process.argv.includes("--survivors"))
    for (const { resource, path, change } of main.filter(({ caughtBy }) => caughtBy.length === 0))
      console.log(`${resource.type} ${resource.name} ${path} ${change}`);
  process.exitCode = main.some(({ caughtBy, reason }) => caughtBy.length === 0 && !reason) ? 1 : 0;
}
