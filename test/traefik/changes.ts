import assert from "node:assert/strict";
import { script } from "../swarm/commands";
import type { Context } from "../swarm/context";

/** A step of pulumi's preview. */
interface Step {
  op: string;
  urn: string;
  /** Properties that differ. */
  diffReasons?: string[] | null;
}

/** Steps that leave a resource as it is. */
const KEEPS = ["same", "read", "refresh"];

/** What `up` would do, except to leave things as they are. */
export async function planned(...args: string[]): Promise<Step[]> {
  const { code, stdout, output } = await script("preview", ["--json", ...args]);
  assert.equal(code, 0, output);
  const { steps } = JSON.parse(stdout.slice(stdout.indexOf("{\n"))) as { steps: Step[] };
  return steps.filter(({ op }) => !KEEPS.includes(op));
}

/** Type and name of a resource. */
export function named({ urn }: Step): string {
  const [, , type = "", name = ""] = urn.split("::");
  return `${type.slice(type.lastIndexOf("$") + 1)} ${name}`;
}

/** Whether a resource is the balancer's, of either kind, or part of it. */
export function isBalancers({ urn }: Step): boolean {
  return /testbro:load-balancer:(Nginx|Traefik)/.test(urn);
}

/** Ids of the tasks that are meant to run, by service. */
export async function tasksByService({ engine }: Context): Promise<Record<string, string[]>> {
  const services = await engine.lines("service", "ls", "--format", "{{.Name}}");
  const entries = services.map(async (name) => [name, (await engine.tasks(name)).map(({ ID }) => ID).sort()] as const);
  return Object.fromEntries(await Promise.all(entries));
}
