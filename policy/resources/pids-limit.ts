import { defineRule } from "../core/rule";

export const pidsLimitRule = defineRule({
  id: "resources-pids-limit",
  group: "resources",
  title: "The number of processes of a container is limited.",
  severity: "medium",
  why: "A fork bomb, or a server that starts a thread per hanging request, otherwise takes the host's process table with it.",
  fix: "Set the nproc limit; on Swarm and Kubernetes limit it for all containers in the daemon (default-ulimits) or the kubelet (podPidsLimit), and in Workloads set resources.limits.pids where the platform takes it.",
  example: `ulimits: [{ name: "nproc", soft: 256, hard: 256 }]`,
  frameworks: ["CIS Docker 5.29"],
  kinds: ["docker/Container"],
  parameters: { max: { type: "integer", description: "Largest number of processes.", default: 4096, minimum: 1 } },
  check({ props, report, parameter }) {
    const limit = props
      .at("ulimits")
      .list()
      .find((entry) => entry.at("name").text() === "nproc");
    const hard = limit?.at("hard").number();
    if (!limit || hard === undefined || hard <= 0) report("the number of processes is not limited", props.at("ulimits"));
    else if (hard > parameter<number>("max")) report(`${hard} processes are allowed`, limit);
  },
});
