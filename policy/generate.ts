import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { format, resolveConfig } from "prettier";
import { GROUPS } from "./core/rule";
import { PRESETS, presetFile } from "./core/settings";
import { groupPage } from "./pages";
import { rules } from "./rules";

const PACKAGE = join(__dirname, "..");

/** Files written from the rules, by path: the presets for `--policy-pack-config` and the pages of the docs, formatted as the project is. */
export async function generatedFiles(): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  for (const preset of PRESETS)
    files.set(join(PACKAGE, "presets", `${preset}.json`), `${JSON.stringify(presetFile(rules, preset), null, 2)}\n`);
  for (const group of GROUPS) files.set(join(PACKAGE, "..", "docs", `policies-${group}.md`), groupPage(group, rules));
  for (const [path, content] of files) files.set(path, await format(content, { ...(await resolveConfig(path)), filepath: path }));
  return files;
}

/** Paths of generated files that do not hold what the rules say. */
export async function staleFiles(): Promise<string[]> {
  return [...(await generatedFiles())]
    .filter(([path, content]) => {
      try {
        return readFileSync(path, "utf8") !== content;
      } catch {
        return true;
      }
    })
    .map(([path]) => path);
}

async function main(): Promise<void> {
  mkdirSync(join(PACKAGE, "presets"), { recursive: true });
  for (const [path, content] of await generatedFiles()) writeFileSync(path, content);
}

if (require.main === module) void main();
