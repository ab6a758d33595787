import * as pulumi from "@pulumi/pulumi";
import type { Platform } from "../platform";

/** Kinds of balancers by their workload's usual name, with the type of their component. */
const KINDS = { nginx: "testbro:load-balancer:Nginx", traefik: "testbro:load-balancer:Traefik" } as const;

/**
 * Options of a component that may take the place of a balancer of the other kind with the same name. Both publish the same ports, and Pulumi
 * would create the one before it removes the other; as one resource under two names they are replaced, the old one first.
 * @param other what may have been there before
 */
export function takingOver(other: keyof typeof KINDS, opts: pulumi.ComponentResourceOptions | undefined): pulumi.ComponentResourceOptions {
  return pulumi.mergeOptions(opts, { aliases: [{ type: KINDS[other] }] });
}

/** The same for the workload of such a component, where both have their usual names. */
export function workloadOf(other: keyof typeof KINDS, platform: Platform): pulumi.Alias[] {
  return [{ name: `${platform.prefix}-${other}` }];
}
