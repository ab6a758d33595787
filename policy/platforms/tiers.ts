import type { View } from "../core/resource";
import { commandLineOf, containersOf, dataStoreOf, labelOf, podOf } from "./containers";

/** Whether a Swarm service keeps data: it mounts a named volume or runs a data store. @throws Undecided */
export function keepsData(view: View): boolean {
  if (dataStoreOf(view)) return true;
  const pod = podOf(view);
  if (pod) {
    if (view.kind === "apps/StatefulSet" && view.props.at("spec", "volumeClaimTemplates").list().length > 0) return true;
    return pod.spec
      .at("volumes")
      .list()
      .some((volume) => volume.at("persistentVolumeClaim").written);
  }
  const spec = view.kind === "docker/Service" ? view.props.at("taskSpec", "containerSpec") : view.props;
  return (
    spec
      .at("mounts")
      .list()
      .some((mount) => mount.at("type").text() === "volume") ||
    (view.kind === "docker/Container" &&
      spec
        .at("volumes")
        .list()
        .some((volume) => volume.at("volumeName").written))
  );
}

/** Whether a workload exists to work something off rather than to answer: it backs up, migrates or runs on a schedule. @throws Undecided */
export function worksInBackground(view: View): boolean {
  if (view.kind.startsWith("batch/")) return true;
  if (/(?:^|-)(?:backup|migrat\w*|cron|scheduler|job|seed)(?:-|$)/.test(view.name)) return true;
  if (labelOf(view, "policy.testbro.ai/backs-up") !== undefined) return true;
  return containersOf(view).some((container) =>
    commandLineOf(container).some((word) => word.known && /\b(?:pg_dump|pg_basebackup|migrate)\b/.test(word.text() ?? "")),
  );
}

/** Whether replicas of a workload answer requests and can stand in for each other. @throws Undecided */
export function serves(view: View): boolean {
  if (keepsData(view) || worksInBackground(view)) return false;
  if (view.kind === "docker/Service") return view.props.at("mode", "global").flag() !== true;
  if (view.kind !== "apps/Deployment" && view.kind !== "apps/ReplicaSet") return false;
  return containersOf(view).some((container) => container.at.at("ports").list().length > 0);
}
