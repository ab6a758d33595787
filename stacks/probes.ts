import * as pulumi from "@pulumi/pulumi";
import type { ProbeOptions } from "@testbro/components/observability";
import type { Ref } from "@testbro/components/workload";
import { acmeOf } from "./acme";
import type { Environment } from "./environment";

/**
 * How the public address is asked. The own authority is trusted besides the public ones: its certificate serves where no ACME authority is asked, and
 * until the first one is issued. Of an ACME authority of one's own `directoryCa` is trusted, which has its root as a rule.
 * @param own certificate of the own authority, PEM
 */
export function probesOf(environment: Environment, through: Ref, own: pulumi.Input<string>): ProbeOptions {
  const { directoryCa } = acmeOf(environment) ?? {};
  const ca = directoryCa === undefined ? own : pulumi.all([own, directoryCa]).apply((all) => all.map((pem) => `${pem.trim()}\n`).join(""));
  return { through, host: environment.domain, ca };
}
