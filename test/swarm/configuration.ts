import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { parse } from "yaml";
import { CHECKOUT } from "./commands";

/** Arguments that set values inside configuration values, e.g. `backend.scale.min=9`. What else such a value held is left out by pulumi. */
export function config(...assignments: string[]): string[] {
  return ["--config-path", ...assignments.flatMap((assignment) => ["--config", `testbro:${assignment}`])];
}

/** Assignments for {@link config} of all images, with some replaced. */
export async function imagesWith(replaced: Record<string, string>): Promise<string[]> {
  const stack = (await import(pathToFileURL(join(CHECKOUT, "scripts/local/stack.mjs")).href)) as { stackFiles(): { config: string } };
  const file = parse(readFileSync(stack.stackFiles().config, "utf8")) as { config: { "testbro:images": Record<string, string> } };
  return Object.entries({ ...file.config["testbro:images"], ...replaced }).map(([name, image]) => `images.${name}=${image}`);
}
