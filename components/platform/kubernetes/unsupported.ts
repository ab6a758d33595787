import { isAutoScale, initialReplicas, updateOf, type Problem, type Ref, type Workload } from "../../workload";
import { ENTRANCE_PORT } from "./entrance/settings";
import { isSize, type Settings } from "./settings";

/** Longest name of a StatefulSet or a Job: their pods carry it in a label with a hash or a number behind it (63 characters in all). */
const LONGEST_CONTROLLER_NAME = 52;

/** Longest name of a container's port (IANA service name, RFC 6335). */
const LONGEST_PORT_NAME = 15;

/** First and last port a NodePort Service may use (kube-apiserver, `--service-node-port-range`). */
const NODE_PORTS = { first: 30000, last: 32767 };

/** The one capability Pod Security "restricted" lets a container add. */
const RESTRICTED_CAPABILITY = "NET_BIND_SERVICE";

type Report = (path: string, message: string, fix: string) => void;

function checkPorts(report: Report, workload: Workload, { publish }: Settings): void {
  for (const port of workload.ports ?? []) {
    if (!/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/.test(port.name) || port.name.length > LONGEST_PORT_NAME || !/[a-z]/.test(port.name)) {
      report(
        `ports.${port.name}`,
        `"${port.name}" is not a port name of at most ${LONGEST_PORT_NAME} lower-case letters, digits and hyphens with a letter in it`,
        "shorten it, e.g. http",
      );
    }
    const outside = port.publish?.port;
    if (outside !== undefined && publish.type === "NodePort" && !(outside >= NODE_PORTS.first && outside <= NODE_PORTS.last)) {
      report(
        `ports.${port.name}.publish.port`,
        `${outside} cannot be a port of every node, which are ${NODE_PORTS.first} to ${NODE_PORTS.last}`,
        `give one of those, or publish by a LoadBalancer`,
      );
    }
  }
}

function checkEntrancePort(report: Report, workload: Workload, { publish }: Settings): void {
  const published = (workload.ports ?? []).filter((port) => port.publish);
  if (!publish.entrance || published.length === 0 || published.some(({ name }) => name === ENTRANCE_PORT)) return;
  report(
    "ports",
    `publishes ${published.map(({ name }) => name).join(", ")}, but the platform's entrance leads to a port named ${ENTRANCE_PORT}`,
    `serve TLS on a published port named ${ENTRANCE_PORT}, or leave publish.entrance out`,
  );
}

function checkScale(report: Report, { scale }: Workload, { autoscaling }: Settings): void {
  if (!isAutoScale(scale)) return;
  if (scale.latency) {
    report(
      "scale.latency",
      "a HorizontalPodAutoscaler knows no quantiles of latency",
      "leave it out, or scale by cpu or requestsPerSecond",
    );
  }
  for (const [key, metric] of [
    ["requestsPerSecond", autoscaling.requestsPerSecond],
    ["queue", autoscaling.queue],
  ] as const) {
    if (scale[key] === undefined || metric) continue;
    report(
      `scale.${key}`,
      "no metrics adapter of the cluster is known that would serve it",
      `run one (MetricsAdapter, or KEDA) and name its metric in the platform's autoscaling.${key}, or leave it out`,
    );
  }
}

function checkUpdate(report: Report, workload: Workload): void {
  const update = updateOf(workload);
  if (update.failure === "continue") {
    report(
      "update.failure",
      '"continue" would replace good replicas by bad ones, which Kubernetes never does',
      'write "rollback" or "pause"',
    );
  }
  if (workload.kind === "stateful" && update.order === "start-first") {
    report("update.order", "a StatefulSet's replica is replaced in its place", 'write "stop-first", or kind "service"');
  }
  if (workload.kind === "stateful" && update.parallelism > 1) {
    report("update.parallelism", `a StatefulSet replaces one replica at a time, not ${update.parallelism}`, "leave it out");
  }
}

function checkStorage(report: Report, workload: Workload): void {
  const volumes = workload.volumes ?? [];
  for (const volume of volumes) {
    if (volume.size !== undefined && !isSize(volume.size)) continue;
    if (!/^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$/.test(volume.name)) {
      report(`volumes.${volume.name}`, `"${volume.name}" is not a name of at most 32 lower-case letters, digits and hyphens`, "e.g. data");
    }
  }
  if (volumes.length === 0 || workload.kind === "stateful") return;
  if (workload.kind === "daemon")
    report("volumes", "replicas on every node cannot share a volume", 'leave them out, or write kind "stateful"');
  if (initialReplicas(workload) > 1 || isAutoScale(workload.scale)) {
    report("volumes", "several replicas would share one volume", 'write kind "stateful", which gives each its own, or run one replica');
  }
  if (workload.kind === "service" && updateOf(workload).order === "start-first") {
    report("update.order", "the new replica would need the volume that the old one holds", 'write "stop-first"');
  }
}

function checkFiles(report: Report, workload: Workload): void {
  const folders = new Map<string, Set<string>>();
  const folderOf = (path: string): string => path.slice(0, path.lastIndexOf("/"));
  for (const [path, file] of Object.entries(workload.files ?? {})) {
    const kinds = folders.get(folderOf(path)) ?? new Set();
    folders.set(folderOf(path), kinds.add(file.onChange ?? "roll"));
  }
  for (const path of Object.keys(workload.secrets ?? {})) folders.get(folderOf(path))?.add("secret");
  for (const [folder, kinds] of folders) {
    if (!kinds.has("reload")) continue;
    if (kinds.size > 1) {
      report(
        "files",
        `files of ${folder || "/"} that change in place share the folder with others, but such a folder is mounted whole`,
        "put the files with onChange reload in a folder of their own",
      );
    }
    if (folder === "") report("files", 'onChange "reload" would hide the whole image', "put the file in a folder of its own");
  }
}

/** What Kubernetes, or this namespace, cannot do of what a workload asks. */
export function unsupportedOnKubernetes(ref: Ref, workload: Workload, settings: Settings): Problem[] {
  const problems: Problem[] = [];
  const report: Report = (path, message, fix) => problems.push({ path: path ? `${ref.name}.${path}` : ref.name, message, fix });
  if ((workload.kind === "stateful" || workload.kind === "job") && ref.fullName.length > LONGEST_CONTROLLER_NAME) {
    report(
      "",
      `"${ref.fullName}" has ${ref.fullName.length} characters; a ${workload.kind} workload may have ${LONGEST_CONTROLLER_NAME}`,
      "shorten the name or the platform's prefix",
    );
  }
  if (workload.resources.limits.pids !== undefined) {
    report(
      "resources.limits.pids",
      "Kubernetes sets process limits per node, not per pod",
      "leave it out and set podPidsLimit on the kubelets",
    );
  }
  if (Object.keys(workload.labels ?? {}).length > 0) {
    report("labels", "are a Swarm service's, by which others find it there", "leave them out; balancers find pods through Services");
  }
  if (Object.keys(workload.hostSockets ?? {}).length > 0) {
    report(
      "hostSockets",
      "a pod that reaches into its node is what Pod Security keeps out",
      "leave it out; ask the platform's API by access",
    );
  }
  const forbidden = (workload.security.capabilities ?? []).filter((each) => each !== RESTRICTED_CAPABILITY);
  if (forbidden.length > 0 && settings.podSecurity === "restricted") {
    report(
      "security.capabilities",
      `Pod Security "restricted" refuses ${forbidden.join(", ")}`,
      `leave them out, or run it in a namespace with podSecurity "baseline"`,
    );
  }
  if (workload.observesNode && settings.podSecurity !== "privileged") {
    report(
      "observesNode",
      `Pod Security "${settings.podSecurity}" refuses pods that see their node`,
      "run it on the platform's nodes.platform, which the setting nodes makes",
    );
  }
  if (!workload.observesNode && settings.podSecurity === "privileged") {
    report(
      "observesNode",
      "is not said, but the namespace is privileged for that alone",
      'run it on another platform, with podSecurity "restricted"',
    );
  }
  if (workload.observesNode && workload.ports?.length && updateOf(workload).order === "start-first") {
    report("update.order", "the new replica would need the port of the node that the old one holds", 'write "stop-first"');
  }
  if (workload.scrapesNodes?.length && !settings.nodes) {
    report("scrapesNodes", "the platform does not say where its nodes are", "give the platform nodes: {}, or leave it out");
  }
  if (workload.access && !settings.apiServer) {
    report(
      "access",
      "the way to the API server would be closed, because its address is not known",
      "give the platform apiServer: { cidrs: […] }, or leave it out",
    );
  }
  for (const [index, permission] of (workload.access ?? []).entries()) {
    if (permission.resources.some((resource) => resource.includes("*")) || permission.resources.length === 0) {
      report(`access[${index}].resources`, "names no resources, or all of them", "name each resource it needs, e.g. pods");
    }
  }
  checkPorts(report, workload, settings);
  checkEntrancePort(report, workload, settings);
  checkScale(report, workload, settings);
  checkUpdate(report, workload);
  checkStorage(report, workload);
  checkFiles(report, workload);
  return problems;
}
