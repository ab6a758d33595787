// Makes a folder on the chosen node for each volume claim of the cluster's storage class, and removes it with the volume. One
// process can do that for all nodes, since their folders are all on this machine. Runs until it is ended.
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { request } from "node:https";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { sleep } from "../process.mjs";

const PROVISIONER = "testbro.local/folder";
/** The scheduler writes the node of the first pod there. */
const SELECTED_NODE = "volume.kubernetes.io/selected-node";
const PROVISIONED_BY = "pv.kubernetes.io/provisioned-by";

/**
 * @param {any} claim
 * @param {string} folder Of all nodes.
 * @param {string} policy What becomes of the volume without the claim: Delete or Retain.
 * @returns {any} The volume for a claim, bound to it.
 */
export function volumeFor(claim, folder, policy) {
  const node = claim.metadata.annotations[SELECTED_NODE];
  const name = `pvc-${claim.metadata.uid}`;
  const { namespace, uid } = claim.metadata;
  return {
    apiVersion: "v1",
    kind: "PersistentVolume",
    metadata: { name, annotations: { [PROVISIONED_BY]: PROVISIONER } },
    spec: {
      capacity: { storage: claim.spec.resources.requests.storage },
      accessModes: claim.spec.accessModes,
      persistentVolumeReclaimPolicy: policy,
      storageClassName: claim.spec.storageClassName,
      volumeMode: "Filesystem",
      claimRef: { apiVersion: "v1", kind: "PersistentVolumeClaim", namespace, name: claim.metadata.name, uid },
      // Not a hostPath: fsGroup works on local volumes only.
      local: { path: join(folder, node, "volumes", name) },
      nodeAffinity: {
        required: { nodeSelectorTerms: [{ matchExpressions: [{ key: "kubernetes.io/hostname", operator: "In", values: [node] }] }] },
      },
    },
  };
}

/**
 * @param {any[]} classes @param {any[]} claims
 * @returns {{ claim: any, policy: string }[]} The claims that wait for a volume of ours.
 */
export function waitingClaims(classes, claims) {
  const policies = new Map(
    classes.filter((each) => each.provisioner === PROVISIONER).map((each) => [each.metadata.name, each.reclaimPolicy]),
  );
  return claims
    .filter(
      (claim) =>
        claim.status?.phase === "Pending" && claim.metadata.annotations?.[SELECTED_NODE] && policies.has(claim.spec.storageClassName),
    )
    .map((claim) => ({ claim, policy: policies.get(claim.spec.storageClassName) ?? "Delete" }));
}

/**
 * @param {any[]} volumes @param {string} folder
 * @returns {any[]} The volumes of ours that nobody claims any more, and whose folders lie where we make them.
 */
export const releasedVolumes = (volumes, folder) =>
  volumes.filter(
    ({ metadata, spec, status }) =>
      metadata.annotations?.[PROVISIONED_BY] === PROVISIONER &&
      status?.phase === "Released" &&
      spec.persistentVolumeReclaimPolicy === "Delete" &&
      basename(spec.local?.path ?? "") === metadata.name &&
      dirname(dirname(dirname(spec.local.path))) === folder,
  );

/** @param {string} file A kubeconfig as configs.mjs writes it. */
function client(file) {
  const { clusters, users } = JSON.parse(readFileSync(file, "utf8"));
  const { server, "certificate-authority-data": authority } = clusters[0].cluster;
  const headers = { authorization: `Bearer ${users[0].user.token}`, "content-type": "application/json" };
  const ca = Buffer.from(authority, "base64");
  return (/** @type {string} */ method, /** @type {string} */ path, /** @type {unknown} */ body) =>
    new Promise((/** @type {(answer: { status: number, body: any }) => void} */ done, failed) => {
      const asked = request(`${server}${path}`, { method, headers, ca, timeout: 20_000 }, (response) => {
        let text = "";
        response.setEncoding("utf8").on("data", (/** @type {string} */ part) => (text += part));
        response.on("end", () => done({ status: response.statusCode ?? 0, body: JSON.parse(text) }));
      });
      asked.on("timeout", () => asked.destroy(new Error("the API server does not answer")));
      asked.on("error", failed);
      asked.end(body === undefined ? undefined : JSON.stringify(body));
    });
}

/** @param {ReturnType<typeof client>} call @param {string} folder */
async function look(call, folder) {
  const list = async (/** @type {string} */ path) => {
    const { status, body } = await call("GET", path, undefined);
    if (status !== 200) throw new Error(`${path}: ${body.message}`);
    return /** @type {any[]} */ (body.items);
  };
  const classes = await list("/apis/storage.k8s.io/v1/storageclasses");
  for (const { claim, policy } of waitingClaims(classes, await list("/api/v1/persistentvolumeclaims"))) {
    const volume = volumeFor(claim, folder, policy);
    mkdirSync(volume.spec.local.path, { recursive: true });
    const { status, body } = await call("POST", "/api/v1/persistentvolumes", volume);
    if (status >= 400 && status !== 409) console.error(`claim ${claim.metadata.namespace}/${claim.metadata.name}: ${body.message}`);
  }
  for (const volume of releasedVolumes(await list("/api/v1/persistentvolumes"), folder)) {
    rmSync(volume.spec.local.path, { recursive: true, force: true });
    await call("DELETE", `/api/v1/persistentvolumes/${volume.metadata.name}`, undefined);
  }
}

// A test cluster has few claims, so they are listed each second instead of watched.
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [, , kubeconfig = "", folder = ""] = process.argv;
  const call = client(kubeconfig);
  for (;;) {
    try {
      await look(call, folder);
    } catch (error) {
      console.error(/** @type {Error} */ (error).message);
    }
    await sleep(1000);
  }
}
