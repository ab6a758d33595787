import { defineRule } from "../core/rule";
import { POD_KINDS, podOf } from "../platforms/containers";

export const hostNamespacesRule = defineRule({
  id: "hardening-host-namespaces",
  group: "hardening",
  title: "No container shares the host's network, processes, IPC, users or cgroups.",
  severity: "high",
  why: "In the host's network a container reaches every local service and passes by network policies; in the host's process table it reads other services' memory and environment.",
  fix: "Remove the host namespace; publish a port or give the capability that is needed instead.",
  example: `hostNetwork: false   // Docker: networkMode: "bridge"`,
  frameworks: [
    "CIS Docker 5.10",
    "CIS Docker 5.16",
    "CIS Docker 5.17",
    "CIS Docker 5.21",
    "CIS Docker 5.31",
    "CIS Kubernetes 5.2.3",
    "CIS Kubernetes 5.2.4",
    "CIS Kubernetes 5.2.5",
    "NSA",
    "PSS baseline",
  ],
  kinds: [...POD_KINDS, "docker/Container", "docker/Service"],
  check({ view, props, report, each }) {
    if (view.kind === "docker/Container") {
      return each(["networkMode", "pidMode", "ipcMode", "usernsMode", "cgroupnsMode"], (name) => {
        if (props.at(name).text() === "host") report(`${name} is host`, props.at(name));
      });
    }
    if (view.kind === "docker/Service") {
      return each(props.at("taskSpec", "networksAdvanceds").list(), (network) => {
        const name = network.at(network.at("id").written ? "id" : "name");
        if (name.text() === "host") report("the service is attached to the host's network", name);
      });
    }
    const { spec } = podOf(view)!;
    each(["hostNetwork", "hostPID", "hostIPC"], (name) => {
      if (spec.at(name).flag() === true) report(`${name} is switched on`, spec.at(name));
    });
    if (spec.at("shareProcessNamespace").flag() === true)
      report("the containers of the pod see each other's processes", spec.at("shareProcessNamespace"));
  },
});
