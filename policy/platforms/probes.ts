import type { Reader } from "../core/reader";
import { containersOf, LASTING_POD_KINDS, type Container } from "./containers";
import type { View } from "../core/resource";

/** Probes of a Kubernetes container. */
export const PROBES = ["livenessProbe", "readinessProbe", "startupProbe"] as const;

/** Kinds whose containers should carry probes. */
export const PROBED_KINDS = LASTING_POD_KINDS;

/** Containers that run as long as the pod does. @throws Undecided */
export function lastingContainers(view: View): Container[] {
  return containersOf(view).filter((container) => !container.init);
}

/** A probe that was written, by its name. */
export function probesOf(container: Pick<Container, "at">): { name: (typeof PROBES)[number]; probe: Reader }[] {
  return PROBES.map((name) => ({ name, probe: container.at.at(name) })).filter(({ probe }) => probe.written);
}

/** The part of a probe that asks, whichever of the four kinds it is. @throws Undecided */
export function probeAction(probe: Reader): { kind: "httpGet" | "tcpSocket" | "exec" | "grpc"; at: Reader } | undefined {
  for (const kind of ["httpGet", "tcpSocket", "exec", "grpc"] as const) if (probe.at(kind).exists) return { kind, at: probe.at(kind) };
  return undefined;
}

/** A command that succeeds whatever the state of the service. */
const NO_OP = /^(?:(?:\/bin\/)?(?:true|:)|exit 0|(?:\/bin\/)?echo\b.*|sleep\b.*)$/;
/** A shell tail that hides the failure of what went before; `|| exit 1` and its like do not. */
const FORGIVING = /\|\|\s*(?:true|:|exit 0|echo\b[^&|;]*)\s*$/;

/** Why a check command can never fail, or undefined. `words`: the command with its arguments. */
export function neverFails(words: readonly string[]): string | undefined {
  const shell = words.length >= 3 && /(?:^|\/)(?:ba|da|a)?sh$/.test(words[0]!) && words[1]!.startsWith("-") && words[1]!.includes("c");
  const command = (shell ? words.slice(2) : words).join(" ").trim();
  if (command === "") return "is empty";
  if (NO_OP.test(command)) return `"${command}" always succeeds`;
  if (FORGIVING.test(command)) return `"${command}" hides its failure`;
  if (/\bcurl\b/.test(command) && !/\s(?:-[a-zA-Z]*f|--fail)/.test(command)) return `"${command}" succeeds on an HTTP error; add --fail`;
  return undefined;
}
