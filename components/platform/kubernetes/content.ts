import * as kubernetes from "@pulumi/kubernetes";
import type { Children } from "./children";
import { claimSpec, SKIP_AWAIT } from "./controller";
import {
  allMounts,
  groupFiles,
  nodeFiles,
  reloadedFiles,
  rolledFiles,
  secretFiles,
  volumeMounts,
  writableDirectories,
  type Mounts,
} from "./files";

/** Claims by the name of their volume. */
export type VolumeClaims = Readonly<Record<string, kubernetes.core.v1.PersistentVolumeClaim>>;

/** Content that cannot change: another content is another object under another name, so that the pods that use it are replaced. */
const IMMUTABLE = { immutable: true };

/** The claims of a workload's volumes; none where a StatefulSet makes its own. */
export function createClaims(children: Children): VolumeClaims {
  const { workload, settings } = children.args;
  if (workload.kind === "stateful") return {};
  const entries = (workload.volumes ?? []).map((volume) => {
    // A fixed name, so that a later deployment finds the data again.
    const name = `${children.name}-${volume.name}`;
    const spec = claimSpec(volume, settings.storage.className);
    // Many classes bind a claim only when a pod uses it.
    const args = children.transform("persistentVolumeClaim", name, { metadata: children.metadata(name, SKIP_AWAIT), spec });
    const opts = { parent: children.parent, retainOnDelete: volume.retain ?? true };
    return [volume.name, new kubernetes.core.v1.PersistentVolumeClaim(name, args, opts)] as const;
  });
  return Object.fromEntries(entries);
}

function createConfigMap(
  children: Children,
  name: string,
  given: kubernetes.core.v1.ConfigMapArgs,
  replaced: boolean,
): kubernetes.core.v1.ConfigMap {
  const opts = { parent: children.parent, ...(replaced ? { replaceOnChanges: ["data"] } : {}) };
  return new kubernetes.core.v1.ConfigMap(name, children.transform("configMap", name, given), opts);
}

/** The ConfigMaps of a workload's files, those that replace the pods first, and everything its pods mount. */
export function createContent(
  children: Children,
  volumeClaims: VolumeClaims,
): { configMaps: kubernetes.core.v1.ConfigMap[]; mounts: Mounts } {
  const { ref, workload } = children.args;
  const { roll, reload } = groupFiles(workload);
  const rolled =
    roll && createConfigMap(children, `${children.name}-files`, { metadata: children.unnamed(), data: roll.data, ...IMMUTABLE }, true);
  const folders = [...reload].map(([folder, { data }], index) => {
    const name = `${children.name}-reload-${index}`;
    return { folder, resource: createConfigMap(children, name, { metadata: children.metadata(name), data }, false) };
  });
  const claims = Object.fromEntries(Object.entries(volumeClaims).map(([volume, claim]) => [volume, claim.metadata.name]));
  return {
    configMaps: [...(rolled ? [rolled] : []), ...folders.map(({ resource }) => resource)],
    mounts: allMounts(
      rolledFiles(roll, rolled?.metadata.name ?? ""),
      reloadedFiles(folders.map(({ folder, resource }) => ({ folder, configMap: resource.metadata.name }))),
      secretFiles(ref.name, workload, children.parent),
      writableDirectories(workload),
      volumeMounts(workload, claims),
      nodeFiles(workload),
    ),
  };
}
