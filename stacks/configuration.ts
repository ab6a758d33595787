import * as pulumi from "@pulumi/pulumi";
import { ConfigurationError, readEnvironment, type Environment } from "./environment";

/** Keys whose values are text even where they look like something else, e.g. a name of digits. */
const TEXT_KEYS = new Set(["name", "platform", "size", "domain", "monitoringAccess", "loadBalancer", "owner"]);

function parse(key: string, text: string): unknown {
  if (TEXT_KEYS.has(key)) return text;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/**
 * The environment of the stack that is being deployed.
 * @throws ConfigurationError naming every wrong key at once
 */
export function loadEnvironment(): Environment {
  const project = pulumi.getProject();
  const given = Object.entries(pulumi.runtime.allConfig())
    .filter(([key]) => key.startsWith(`${project}:`))
    .map(([key, text]) => [key.slice(project.length + 1), text] as const);
  try {
    return readEnvironment(project, Object.fromEntries(given.map(([key, text]) => [key, parse(key, text)])));
  } catch (error) {
    // A person's mistake, not the program's: RunError prints the message without a stack trace.
    if (error instanceof ConfigurationError) throw new pulumi.RunError(`Stack ${pulumi.getStack()} cannot be deployed:\n${error.message}`);
    throw error;
  }
}
