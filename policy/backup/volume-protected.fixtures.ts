import type { Fixtures } from "../fixtures/fixtures";
import { volumeProtectedRule } from "./volume-protected";
import { edit, unknownAt, REMOVE } from "../fixtures/edit";
import * as docker from "../fixtures/docker";
import * as kube from "../fixtures/kubernetes";

const storage = kube.kubernetes("storage.k8s.io/v1", "StorageClass", "fast", { provisioner: "example.com/disk", reclaimPolicy: "Retain" });

export const fixtures: Fixtures = {
  rule: volumeProtectedRule,
  good: [
    { ...edit(docker.volume, { labels: [{ label: "policy.testbro.ai/retained", value: "true" }] }), protect: false },
    docker.volume,
    { ...docker.volume, name: "scratch", protect: false },
    kube.statefulSet,
    storage,
  ],
  bad: [
    { ...docker.volume, protect: false },
    edit(docker.volume, { driverOpts: { type: "tmpfs" } }),
    edit(kube.statefulSet, { "spec.persistentVolumeClaimRetentionPolicy.whenDeleted": "Delete" }),
    edit(storage, { reclaimPolicy: REMOVE }),
  ],
  unknown: [
    { ...unknownAt(docker.volume, "labels[0].label"), protect: false },
    unknownAt(storage, "reclaimPolicy"),
    unknownAt(kube.statefulSet, "spec.persistentVolumeClaimRetentionPolicy"),
  ],
};
