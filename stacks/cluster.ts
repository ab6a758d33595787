import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import { parse } from "yaml";
import type { KubernetesConfig } from "./environment";

/** Thrown where the cluster of the configuration cannot be found; names key, value and fix. */
export class ClusterError extends Error {
  override readonly name = "ClusterError";
}

/** What a kubeconfig file is looked at for. */
interface Kubeconfig {
  contexts?: { name?: string }[];
}

/** Files kubectl would read, in its order: the given one, `KUBECONFIG`, or the one in the home folder. */
function kubeconfigFiles(given: string | undefined, environment: NodeJS.ProcessEnv): string[] {
  if (given !== undefined) return [resolve(given)];
  const listed = (environment["KUBECONFIG"] ?? "").split(delimiter).filter((file) => file !== "");
  return listed.length > 0 ? listed : [join(homedir(), ".kube", "config")];
}

function contextsOf(file: string): string[] {
  try {
    const { contexts } = (parse(readFileSync(file, "utf8")) ?? {}) as Kubeconfig;
    return (contexts ?? []).flatMap(({ name }) => (name === undefined ? [] : [name]));
  } catch (error) {
    throw new ClusterError(`${file}: cannot be read as a kubeconfig (${(error as Error).message}). Fix: repair it, or name another.`);
  }
}

/**
 * What the Kubernetes provider needs to know of the cluster. The context is looked for first, because the provider would report a
 * wrong one as an unreachable cluster, for every resource.
 * @param config with a context; see `checkKubernetes`
 * @throws ClusterError when no kubeconfig has the context
 */
export function clusterOf(
  { context, kubeconfig }: KubernetesConfig,
  environment: NodeJS.ProcessEnv = process.env,
): { context: string; kubeconfig?: string; enableServerSideApply: boolean } {
  const files = kubeconfigFiles(kubeconfig, environment);
  const there = files.filter((file) => existsSync(file));
  if (there.length === 0) {
    throw new ClusterError(
      `testbro:kubernetes.kubeconfig: ${files.join(", ")} does not exist. Fix: give the path of a kubeconfig, or set KUBECONFIG.`,
    );
  }
  const known = there.flatMap(contextsOf);
  if (context === undefined || !known.includes(context)) {
    throw new ClusterError(
      `testbro:kubernetes.context: "${context ?? ""}" is not in ${there.join(", ")}. Fix: write one of ${known.join(", ") || "its contexts (it has none)"}, or name another kubeconfig.`,
    );
  }
  return { context, ...(kubeconfig === undefined ? {} : { kubeconfig: resolve(kubeconfig) }), enableServerSideApply: true };
}
