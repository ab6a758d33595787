import { checkAcme, type AcmeOptions } from "@testbro/components/load-balancer/nginx";
import type { Environment } from "./environment";
import type { AcmeConfig } from "./schema";

/** Whether certificates of an ACME authority are wanted. */
export function wantsAcme({ acme }: { acme: AcmeConfig }): boolean {
  return Object.keys(acme).length > 0;
}

/** What the balancer is told; undefined where only the own authority issues. */
export function acmeOf(environment: Environment): AcmeOptions | undefined {
  const { acme, images } = environment;
  return wantsAcme(environment) && images.acme !== undefined ? { ...(acme as Omit<AcmeOptions, "image">), image: images.acme } : undefined;
}

/** What is wrong with the key `acme`: the component's own checks, and what the stack has to bring. */
export function checkAcmeConfig(project: string, environment: Environment): string[] {
  const { acme, images, domain, kubernetes } = environment;
  if (!wantsAcme(environment)) return [];
  const options = { ...acme, image: images.acme ?? "" } as AcmeOptions;
  const problems = checkAcme(`${project}:acme`, options, { sites: [[domain]], covered: [], plainHttp: true }).map(
    ({ path, message, fix }) => `${path}: ${message}. Fix: ${fix}.`,
  );
  if (images.acme === undefined) {
    problems.push(`${project}:images.acme: is missing. Fix: set it in Pulumi.<stack>.yaml (images/acme), or remove ${project}:acme.`);
  }
  if (kubernetes.entrance !== undefined) {
    problems.push(
      `${project}:acme: no client would see its certificates behind ${project}:kubernetes.entrance, which has its own. Fix: remove one of the two.`,
    );
  }
  return problems;
}
