import type * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { writableOf, type Workload } from "../../workload";
import { fileKeys } from "./names";
import { KubernetesSecret, SECRET_KEY } from "./secret";

type Volume = kubernetes.types.input.core.v1.Volume;
type Mount = kubernetes.types.input.core.v1.VolumeMount;

/** What a pod mounts and where. */
export interface Mounts {
  volumes: Volume[];
  mounts: Mount[];
}

/** Files of one ConfigMap: key → content, and where each goes. */
export interface FileGroup {
  /** Content by key. */
  data: Record<string, pulumi.Input<string>>;
  /** Path by key. */
  paths: Record<string, string>;
}

/** A workload's files by what their change does. */
export interface GroupedFiles {
  /** Files whose change replaces the pods; undefined when there are none. */
  roll: FileGroup | undefined;
  /** Files that change in place, by the folder that is mounted whole. */
  reload: ReadonlyMap<string, FileGroup>;
}

/** Mode of configuration: everyone in the container may read it. */
const CONFIG_MODE = 0o444;

/** Mode of secrets: root owns them, the pod's own group (fsGroup) may read them, and nobody else. */
const SECRET_MODE = 0o440;

const NONE: Mounts = { volumes: [], mounts: [] };

function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/"));
}

function group(files: readonly (readonly [string, { content: pulumi.Input<string> }])[], keyOf: (path: string) => string): FileGroup {
  return {
    data: Object.fromEntries(files.map(([path, { content }]) => [keyOf(path), content])),
    paths: Object.fromEntries(files.map(([path]) => [keyOf(path), path])),
  };
}

/** Sorts a workload's files into the ConfigMaps they need. */
export function groupFiles(workload: Workload): GroupedFiles {
  const entries = Object.entries(workload.files ?? {});
  const rolled = entries.filter(([, file]) => file.onChange !== "reload");
  const reloaded = entries.filter(([, file]) => file.onChange === "reload");
  const keys = fileKeys(rolled.map(([path]) => path));
  const folders = [...new Set(reloaded.map(([path]) => folderOf(path)))];
  return {
    roll: rolled.length > 0 ? group(rolled, (path) => keys.get(path) ?? path) : undefined,
    reload: new Map(
      folders.map((folder) => [
        folder,
        group(
          reloaded.filter(([path]) => folderOf(path) === folder),
          (path) => path.slice(folder.length + 1),
        ),
      ]),
    ),
  };
}

/**
 * Files each mounted at its own path. Such a mount never changes while the pod lives, which is right: its ConfigMap has another name
 * as soon as a content changes, and the pods are replaced.
 */
export function rolledFiles(files: FileGroup | undefined, configMap: pulumi.Input<string>): Mounts {
  if (!files) return NONE;
  return {
    volumes: [{ name: "files", configMap: { name: configMap, defaultMode: CONFIG_MODE } }],
    mounts: Object.entries(files.paths).map(([key, path]) => ({ name: "files", mountPath: path, subPath: key, readOnly: true })),
  };
}

/** Folders of files that change in place: mounted whole, because only such a mount follows its ConfigMap. */
export function reloadedFiles(folders: readonly { folder: string; configMap: pulumi.Input<string> }[]): Mounts {
  return {
    volumes: folders.map(({ configMap }, index) => ({ name: `reload-${index}`, configMap: { name: configMap, defaultMode: CONFIG_MODE } })),
    mounts: folders.map(({ folder }, index) => ({ name: `reload-${index}`, mountPath: folder, readOnly: true })),
  };
}

/**
 * Secrets as files, each mounted at its own path out of one volume.
 * @throws pulumi.ResourceError for a secret of another platform
 */
export function secretFiles(name: string, workload: Workload, resource: pulumi.Resource): Mounts {
  const entries = Object.entries(workload.secrets ?? {});
  if (entries.length === 0) return NONE;
  const keys = fileKeys(entries.map(([path]) => path));
  const sources = entries.map(([path, secret]) => {
    if (!(secret instanceof KubernetesSecret) || !secret.resource) {
      throw new pulumi.ResourceError(
        `${name}.secrets[${path}]: secret "${secret.name}" is of another platform; make it with this platform's secret()`,
        resource,
      );
    }
    return { secret: { name: secret.resource.metadata.name, items: [{ key: SECRET_KEY, path: keys.get(path) ?? path }] } };
  });
  return {
    volumes: [{ name: "secrets", projected: { defaultMode: SECRET_MODE, sources } }],
    mounts: entries.map(([path]) => ({ name: "secrets", mountPath: path, subPath: keys.get(path) ?? path, readOnly: true })),
  };
}

/** Memory-backed directories a process may write to, new for every replica. */
export function writableDirectories(workload: Workload): Mounts {
  const directories = writableOf(workload);
  return {
    volumes: directories.map(({ size }, index) => ({ name: `writable-${index}`, emptyDir: { medium: "Memory", sizeLimit: String(size) } })),
    mounts: directories.map(({ path }, index) => ({ name: `writable-${index}`, mountPath: path })),
  };
}

/**
 * The node's files, for what observes it: to be read. What the node mounts and unmounts follows: a copy of a mount would keep a volume in use that
 * is to go to another node. Sockets can be connected to even so, the container runtime's among them; their folder is hidden.
 */
export function nodeFiles({ observesNode }: Workload): Mounts {
  if (!observesNode) return NONE;
  return {
    volumes: [
      { name: "node", hostPath: { path: "/", type: "Directory" } },
      { name: "nothing", emptyDir: { medium: "Memory", sizeLimit: "1Mi" } },
    ],
    mounts: [
      { name: "node", mountPath: "/host", readOnly: true, mountPropagation: "HostToContainer" },
      { name: "nothing", mountPath: "/host/run", readOnly: true },
    ],
  };
}

/**
 * Where the workload's volumes are mounted.
 * @param claims claim by volume name; none where a StatefulSet makes the claims, whose volumes carry the same names
 */
export function volumeMounts(workload: Workload, claims: Readonly<Record<string, pulumi.Input<string>>>): Mounts {
  const volumes = workload.volumes ?? [];
  return {
    volumes: volumes.flatMap(({ name }) => {
      const claimName = claims[name];
      return claimName === undefined ? [] : [{ name: claimVolume(name), persistentVolumeClaim: { claimName } }];
    }),
    mounts: volumes.map(({ name, path }) => ({ name: claimVolume(name), mountPath: path })),
  };
}

/** Name of a volume within the pod; it must not be one of the names above. */
export function claimVolume(name: string): string {
  return `volume-${name}`;
}

/** Several sets of mounts as one. */
export function allMounts(...sets: readonly Mounts[]): Mounts {
  return { volumes: sets.flatMap(({ volumes }) => volumes), mounts: sets.flatMap(({ mounts }) => mounts) };
}
