import type * as kubernetes from "@pulumi/kubernetes";
import type { Port, Workload } from "../../workload";
import type { PublishSettings } from "./settings";

type ServiceSpec = kubernetes.types.input.core.v1.ServiceSpec;

function protocol({ protocol: name = "tcp" }: Port): string {
  return name.toUpperCase();
}

/** A Service without an address of its own: its name leads to every ready pod. */
export function headlessSpec(workload: Workload, selector: Record<string, string>): ServiceSpec {
  const ports = (workload.ports ?? []).map((port) => ({
    name: port.name,
    port: port.container,
    targetPort: port.container,
    protocol: protocol(port),
  }));
  return { clusterIP: "None", publishNotReadyAddresses: false, selector, ports };
}

/** A Service for the published ports, reached from outside. */
export function publicSpec(
  workload: Workload,
  selector: Record<string, string>,
  { type, externalTrafficPolicy }: PublishSettings,
): ServiceSpec {
  const ports = (workload.ports ?? []).flatMap((port) => {
    if (!port.publish) return [];
    const node = type === "NodePort" ? { nodePort: port.publish.port } : {};
    return [{ name: port.name, port: port.publish.port, targetPort: port.container, protocol: protocol(port), ...node }];
  });
  return { type, selector, ports, ...(type === "ClusterIP" ? {} : { externalTrafficPolicy }) };
}
