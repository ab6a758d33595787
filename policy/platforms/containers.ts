import type { Reader } from "../core/reader";
import type { View } from "../core/resource";

/** Kubernetes kinds that hold pods, by the path to their pod template ("" for a pod itself). */
const TEMPLATES: Readonly<Record<string, readonly string[]>> = {
  "core/Pod": [],
  "apps/Deployment": ["spec", "template"],
  "apps/StatefulSet": ["spec", "template"],
  "apps/DaemonSet": ["spec", "template"],
  "apps/ReplicaSet": ["spec", "template"],
  "core/ReplicationController": ["spec", "template"],
  "batch/Job": ["spec", "template"],
  "batch/CronJob": ["spec", "jobTemplate", "spec", "template"],
};

/** Every kind with pods. */
export const POD_KINDS = Object.keys(TEMPLATES);
/** Kinds whose pods run for good, not to completion. */
export const LASTING_POD_KINDS = POD_KINDS.filter((kind) => !kind.startsWith("batch/"));
/** Kinds that run containers, on every platform. */
export const CONTAINER_KINDS = [...POD_KINDS, "docker/Service", "docker/Container"];

/** A pod with where it is written. */
export interface Pod {
  view: View;
  spec: Reader;
  metadata: Reader;
}

/** The pod of a resource; undefined for kinds without. */
export function podOf(view: View): Pod | undefined {
  const path = TEMPLATES[view.kind];
  if (!path) return undefined;
  const template = view.props.at(...path);
  return { view, spec: template.at("spec"), metadata: template.at("metadata") };
}

/** One container of any platform. */
export interface Container {
  platform: "kubernetes" | "swarm" | "docker";
  view: View;
  /** The container's own part of the resource. */
  at: Reader;
  /** How messages call it. */
  label: string;
  /** Whether it runs to completion before the others. */
  init: boolean;
  pod?: Pod;
  image: Reader;
}

function kubernetes(pod: Pod, list: "containers" | "initContainers"): Container[] {
  return pod.spec
    .at(list)
    .list()
    .map((at, index) => {
      const name = at.at("name");
      return {
        platform: "kubernetes" as const,
        view: pod.view,
        at,
        label: `container "${(name.known && name.text()) || index}"`,
        // An init container that restarts for good is a sidecar and lives as long as the pod.
        init: list === "initContainers" && !(at.at("restartPolicy").known && at.at("restartPolicy").text() === "Always"),
        pod,
        image: at.at("image"),
      };
    });
}

/** All containers of a resource, init containers included. @throws Undecided when the list itself is unknown */
export function containersOf(view: View): Container[] {
  if (view.kind === "docker/Service") {
    const at = view.props.at("taskSpec", "containerSpec");
    return [{ platform: "swarm", view, at, label: "the service", init: false, image: at.at("image") }];
  }
  if (view.kind === "docker/Container") {
    // `mustRun: false` is how a container that runs to completion is written.
    const mustRun = view.props.at("mustRun");
    return [
      {
        platform: "docker",
        view,
        at: view.props,
        label: "the container",
        init: mustRun.known && mustRun.flag() === false,
        image: view.props.at("image"),
      },
    ];
  }
  const pod = podOf(view);
  return pod ? [...kubernetes(pod, "containers"), ...kubernetes(pod, "initContainers")] : [];
}

/** One environment variable; `value` is absent when it comes from a secret or a field reference. */
export interface Variable {
  name: string;
  value: Reader;
}

/** The environment written into a container. @throws Undecided when names are unknown */
export function environmentOf(container: Container): Variable[] {
  if (container.platform === "swarm") {
    return container.at
      .at("env")
      .entries()
      .map(([name, value]) => ({ name, value }));
  }
  if (container.platform === "docker") {
    return container.at
      .at("envs")
      .list()
      .filter((entry) => entry.known)
      .map((entry) => ({ name: (entry.text() ?? "").split("=", 1)[0]!, value: valueAfterEquals(entry) }));
  }
  return container.at
    .at("env")
    .list()
    .map((entry) => ({ name: entry.at("name").text() ?? "", value: entry.at("value") }));
}

function valueAfterEquals(entry: Reader): Reader {
  const text = entry.text() ?? "";
  return entry.with(text.includes("=") ? text.slice(text.indexOf("=") + 1) : undefined);
}

/** Every word of the command line: entry point, command and arguments. */
export function commandLineOf(container: Container): Reader[] {
  const fields =
    container.platform === "swarm"
      ? ["commands", "args"]
      : container.platform === "docker"
        ? ["entrypoints", "command"]
        : ["command", "args"];
  return fields.flatMap((field) => container.at.at(field).list());
}

/** Labels of a Docker resource or annotations and labels of a Kubernetes one. */
export function labelsOf(view: View): [string, Reader][] {
  if (view.kind.startsWith("docker/")) {
    return view.props
      .at("labels")
      .list()
      .map((entry): [string, Reader] => [entry.at("label").text() ?? "", entry.at("value")]);
  }
  return [...view.props.at("metadata", "annotations").entries(), ...view.props.at("metadata", "labels").entries()];
}

/** The value of one label or annotation; undefined when there is none. @throws Undecided */
export function labelOf(view: View, name: string): string | undefined {
  return labelsOf(view)
    .find(([label]) => label === name)?.[1]
    .text();
}

/** The health check of a Docker service or container. */
export function dockerHealthcheck(view: View): Reader {
  return view.kind === "docker/Service" ? view.props.at("taskSpec", "containerSpec", "healthcheck") : view.props.at("healthcheck");
}

/** Name of the image without registry, tag and digest: `postgres` of `docker.io/library/postgres:17@sha256:…`. */
export function imageName(image: string): string {
  const path = image.split("@", 1)[0]!.split("/").pop()!;
  return path.split(":", 1)[0]!.toLowerCase();
}

const DATABASES =
  /^(?:postgres(?:ql)?|postgis|timescaledb(?:-ha)?|pgvector|mysql|mariadb|percona(?:-server)?|mongo(?:db)?|cockroach|cassandra|couchdb|clickhouse(?:-server)?|mssql|influxdb|elasticsearch|opensearch|spilo.*)$/;
const CACHES = /^(?:redis|valkey|keydb|memcached|dragonfly)$/;

/** What kind of data store an image is, by its name. The name may carry a prefix as in `testbro-postgres`. */
export function dataStore(image: string): "database" | "cache" | undefined {
  const name = imageName(image);
  for (const candidate of [name, name.split("-").pop()!]) {
    if (DATABASES.test(candidate)) return "database";
    if (CACHES.test(candidate)) return "cache";
  }
  return undefined;
}

/** The data store a resource runs in one of its lasting containers. @throws Undecided */
export function dataStoreOf(view: View): "database" | "cache" | undefined {
  for (const container of containersOf(view)) {
    if (container.init || view.kind.startsWith("batch/")) continue;
    const store = dataStore(container.image.text() ?? "");
    if (store) return store;
  }
  return undefined;
}
