import { defineRule } from "../core/rule";

export const volumePinnedRule = defineRule({
  id: "availability-volume-pinned",
  group: "availability",
  title: "A Swarm service with a local volume is pinned by a placement constraint, and is not scaled.",
  severity: "high",
  why: "A local volume exists once per node: a replica that is moved starts with an empty one, and two replicas keep two truths.",
  fix: "Add a node constraint that exactly one node fulfils and keep one replica, or use a volume driver that follows the service.",
  example: `placement: { constraints: ["node.labels.type==database"], maxReplicas: 1 }`,
  kinds: ["docker/Service"],
  check({ props, report }) {
    const mounts = props.at("taskSpec", "containerSpec", "mounts").list();
    const local = mounts.filter(
      (mount) => mount.at("type").text() === "volume" && ["local", ""].includes(mount.at("volumeOptions", "driverName").text() ?? ""),
    );
    if (local.length === 0 || props.at("mode", "global").flag() === true) return;
    const constraints = props.at("taskSpec", "placement", "constraints");
    if (!constraints.texts().some((constraint) => /^node\.(?:labels\.[\w.-]+|hostname|id)\s*==/.test(constraint)))
      report("a local volume is mounted but no constraint pins the service to its node", constraints);
    const replicas = props.at("mode", "replicated", "replicas");
    if ((replicas.number() ?? 1) > 1) report(`${replicas.number()} replicas share a local volume`, replicas);
  },
});
