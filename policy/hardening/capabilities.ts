import type { Reader } from "../core/reader";
import type { Container } from "../platforms/containers";

/** Lists of dropped and added capabilities of a container, wherever its platform writes them. */
export function capabilitiesOf(container: Container): { drop: Reader; add: Reader } {
  if (container.platform === "swarm") return { drop: container.at.at("capDrops"), add: container.at.at("capAdds") };
  if (container.platform === "docker")
    return { drop: container.at.at("capabilities", "drops"), add: container.at.at("capabilities", "adds") };
  const capabilities = container.at.at("securityContext", "capabilities");
  return { drop: capabilities.at("drop"), add: capabilities.at("add") };
}

/** A capability's name without prefix, in upper case. */
export function capability(name: string): string {
  return name.toUpperCase().replace(/^CAP_/, "");
}
