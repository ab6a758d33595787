import { defineRule } from "../core/rule";
import { containersOf, CONTAINER_KINDS, dataStoreOf, podOf } from "../platforms/containers";

export const persistentDataRule = defineRule({
  id: "backup-persistent-data",
  group: "backup",
  title: "A database keeps its data on a volume that outlives the container.",
  severity: "critical",
  why: "Data in the container's own layer, an anonymous volume, a tmpfs or an emptyDir is gone with the next update.",
  fix: "Mount a named volume or a persistent volume claim.",
  example: `mounts: [{ type: "volume", source: "database-data", target: "/var/lib/postgresql/data" }]`,
  kinds: CONTAINER_KINDS,
  check({ view, props, report }) {
    if (dataStoreOf(view) !== "database") return;
    const pod = podOf(view);
    if (pod) {
      const claims = new Set(
        pod.spec
          .at("volumes")
          .list()
          .filter((volume) => volume.at("persistentVolumeClaim").written || volume.at("ephemeral").written)
          .map((volume) => volume.at("name").text()),
      );
      for (const claim of props.at("spec", "volumeClaimTemplates").list()) claims.add(claim.at("metadata", "name").text());
      const mounted = containersOf(view).some((container) =>
        container.at
          .at("volumeMounts")
          .list()
          .some((mount) => claims.has(mount.at("name").text())),
      );
      if (!mounted) report("no persistent volume is mounted", pod.spec);
      return;
    }
    const swarm = view.kind === "docker/Service";
    const mounts = (swarm ? props.at("taskSpec", "containerSpec", "mounts") : props.at("mounts")).list();
    const named = mounts.some(
      (mount) => mount.at("type").text() === "bind" || (mount.at("type").text() === "volume" && mount.at("source").exists),
    );
    const volumes = swarm
      ? false
      : props
          .at("volumes")
          .list()
          .some((volume) => volume.at("volumeName").written || volume.at("hostPath").written);
    if (!named && !volumes)
      report("no named volume is mounted", swarm ? props.at("taskSpec", "containerSpec", "mounts") : props.at("volumes"));
  },
});
