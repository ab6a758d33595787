import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { buildArguments, GO_SOURCES, keyOf } from "../pulumi/recipe.mjs";
import { hierarchies, killCgroup, makeCgroup } from "./cgroups.mjs";
import { cniConfig, containerdConfig, corefile, kubeconfig, kubeletConfig, nameServers } from "./configs.mjs";
import { kindConfig } from "./existing.mjs";
import { programImage } from "./images.mjs";
import { ensureCluster } from "./index.mjs";
import { nodeLayout } from "./layout.mjs";
import { releasedVolumes, volumeFor, waitingClaims } from "./local-volumes.mjs";
import { clusterObjects } from "./objects.mjs";
import { CLUSTER_PARTS } from "./recipe.mjs";
import { COREDNS, ETCD, KUBERNETES, METRICS_SERVER } from "./versions.mjs";

describe("a cluster's recipe", () => {
  it("builds the versions that the Go modules require", () => {
    const requirement = (/** @type {string} */ module) => readFileSync(join(GO_SOURCES, module, "go.mod"), "utf8");
    assert.match(requirement("kubernetes"), new RegExp(`k8s\\.io/kubernetes v${KUBERNETES.replaceAll(".", "\\.")}\\b`));
    assert.match(requirement("kubernetes"), new RegExp(`go\\.etcd\\.io/etcd/server/v3 v${ETCD.replaceAll(".", "\\.")}\\b`));
    assert.match(requirement("coredns"), new RegExp(`coredns v${COREDNS.replaceAll(".", "\\.")}\\b`));
    assert.match(requirement("metrics-server"), new RegExp(`metrics-server v${METRICS_SERVER.replaceAll(".", "\\.")}\\b`));
  });

  it("tells Kubernetes its version, and has keys of its own for each part", () => {
    const kubectl = CLUSTER_PARTS.find((part) => part.name === "kubectl")?.compilations[0];
    assert.ok(kubectl);
    const args = buildArguments(kubectl, "out").join(" ");
    assert.match(args, new RegExp(`gitVersion=v${KUBERNETES} .*gitMajor=1 .*gitMinor=34`));
    assert.doesNotMatch(args, /-tags/);
    assert.equal(new Set(CLUSTER_PARTS.map((part) => keyOf(part))).size, CLUSTER_PARTS.length);
  });
});

describe("a node's layout", () => {
  it("gives each node its own zone, addresses, bridge and control group", () => {
    const nodes = [1, 2, 3].map((index) => nodeLayout("/var/k", "id", index));
    for (const field of /** @type {const} */ (["name", "zone", "address", "podSubnet", "bridge", "home", "socket", "cgroup"]))
      assert.equal(new Set(nodes.map((node) => node[field])).size, 3, field);
    assert.ok(
      nodes.every((node) => node.bridge.length <= 15),
      "the kernel allows 15 characters",
    );
  });

  it("refuses a folder that is too long for the sockets", () => {
    assert.throws(() => nodeLayout(`/${"x".repeat(100)}`, "id", 1), /too long for the Unix sockets.*TESTBRO_HOME/);
  });
});

describe("the configuration files", () => {
  const node = nodeLayout("/var/k", "id", 2);

  it("of the kubelet and containerd speak of the same socket and control group", () => {
    const kubelet = JSON.parse(kubeletConfig(node, { authority: "/ca.crt", certificate: "/kubelet-node-2" }));
    assert.equal(kubelet.containerRuntimeEndpoint, `unix://${node.socket}`);
    assert.equal(kubelet.cgroupRoot, "/id/node-2");
    assert.equal(kubelet.authentication.anonymous.enabled, false);
    assert.equal(kubelet.authorization.mode, "Webhook");
    assert.ok(containerdConfig(node, { pause: "p", cniBin: "/cni" }).includes(`address = "${node.socket}"`));
    assert.ok(kubelet.imageGCHighThresholdPercent > kubelet.imageGCLowThresholdPercent);
  });

  it("of the pod network stay within the node's subnet", () => {
    const [bridge] = JSON.parse(cniConfig(node)).plugins;
    assert.deepEqual(bridge.ipam.ranges, [[{ subnet: "10.244.2.0/24" }]]);
    assert.equal(bridge.bridge, "tbk-pods2");
  });

  it("of the name service forward only to servers that are reachable from another namespace", () => {
    const servers = nameServers("# stub\nnameserver 127.0.0.53\nnameserver 192.0.2.1\noptions edns0\nnameserver ::1\n");
    assert.deepEqual(servers, ["192.0.2.1"]);
    assert.match(corefile({ kubeconfig: "/k", servers }), /forward \. 192\.0\.2\.1\n/);
    assert.doesNotMatch(corefile({ kubeconfig: "/k", servers: [] }), /forward/);
  });

  it("of the clients name the authority and one context", () => {
    const file = JSON.parse(kubeconfig({ server: "https://a:1", authority: "PEM", token: "t", user: "u", name: "n" }));
    assert.equal(file["current-context"], "n");
    assert.equal(Buffer.from(file.clusters[0].cluster["certificate-authority-data"], "base64").toString(), "PEM");
  });

  it("of kind put one worker into each zone", () => {
    assert.deepEqual(kindConfig(1).nodes, [{ role: "control-plane", labels: { "topology.kubernetes.io/zone": "zone-1" } }]);
    const roles = kindConfig(3).nodes.map((each) => each.role);
    assert.deepEqual(roles, ["control-plane", "worker", "worker", "worker"]);
  });
});

describe("the cluster's own objects", () => {
  it("give no program of the cluster rights to secrets", () => {
    for (const object of /** @type {any[]} */ (clusterObjects({ metrics: true })))
      for (const rule of object.rules ?? []) {
        assert.ok(!rule.resources.includes("secrets") && !rule.resources.includes("*") && !rule.verbs.includes("*"), object.metadata.name);
      }
  });

  it("register no API that nobody serves", () => {
    const kinds = (/** @type {boolean} */ metrics) => /** @type {any[]} */ (clusterObjects({ metrics })).map(({ kind }) => kind);
    assert.ok(kinds(true).includes("APIService"));
    assert.ok(!kinds(false).includes("APIService"));
  });

  it("lead every selector-less service to an endpoint of the same name and ports", () => {
    const objects = /** @type {any[]} */ (clusterObjects({ metrics: true }));
    for (const service of objects.filter(({ kind }) => kind === "Service")) {
      const slice = objects.find(
        ({ kind, metadata }) => kind === "EndpointSlice" && metadata.labels["kubernetes.io/service-name"] === service.metadata.name,
      );
      assert.deepEqual(
        slice.ports.map((/** @type {any} */ port) => port.name),
        service.spec.ports.map((/** @type {any} */ port) => port.name),
      );
    }
  });
});

describe("the volumes", () => {
  const claim = {
    metadata: { name: "data", namespace: "shop", uid: "u1", annotations: { "volume.kubernetes.io/selected-node": "node-2" } },
    spec: { storageClassName: "local", accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
    status: { phase: "Pending" },
  };
  const classes = [
    { metadata: { name: "local" }, provisioner: "testbro.local/folder", reclaimPolicy: "Delete" },
    { metadata: { name: "other" }, provisioner: "example.com/other", reclaimPolicy: "Delete" },
  ];

  it("are made for claims whose node is chosen, bound to that node and that claim", () => {
    const undecided = { ...claim, metadata: { ...claim.metadata, annotations: {} } };
    const foreign = { ...claim, spec: { ...claim.spec, storageClassName: "other" } };
    const bound = { ...claim, status: { phase: "Bound" } };
    assert.deepEqual(waitingClaims(classes, [undecided, foreign, bound, claim]), [{ claim, policy: "Delete" }]);
    const volume = volumeFor(claim, "/k/nodes", "Delete");
    assert.equal(volume.spec.local.path, "/k/nodes/node-2/volumes/pvc-u1");
    assert.equal(volume.spec.claimRef.uid, "u1");
    assert.deepEqual(volume.spec.nodeAffinity.required.nodeSelectorTerms[0].matchExpressions[0].values, ["node-2"]);
  });

  it("are removed only when they are ours, released, and lie where ours lie", () => {
    const released = { ...volumeFor(claim, "/k/nodes", "Delete"), status: { phase: "Released" } };
    const changed = (/** @type {object} */ spec) => ({ ...released, spec: { ...released.spec, ...spec } });
    const others = [
      { ...released, status: { phase: "Bound" } },
      { ...released, metadata: { name: released.metadata.name } },
      changed({ persistentVolumeReclaimPolicy: "Retain" }),
      changed({ local: { path: "/etc/pvc-u1" } }),
      changed({ local: { path: "/k/nodes/node-2/volumes/another" } }),
      changed({ local: undefined }),
    ];
    assert.deepEqual(releasedVolumes([...others, released], "/k/nodes"), [released]);
  });
});

describe("an image of one program", () => {
  it("is an archive that tar reads, with the program as its layer and its entry point", () => {
    const folder = mkdtempSync(join(tmpdir(), "tb-image-"));
    try {
      writeFileSync(join(folder, "hello"), "#!/bin/sh\n");
      writeFileSync(join(folder, "image.tar"), programImage("docker.io/testbro/hello:1", join(folder, "hello"), "x64"));
      execFileSync("tar", ["-xf", "image.tar"], { cwd: folder });
      const [manifest] = JSON.parse(readFileSync(join(folder, "manifest.json"), "utf8"));
      assert.deepEqual(manifest.RepoTags, ["docker.io/testbro/hello:1"]);
      assert.equal(JSON.parse(readFileSync(join(folder, manifest.Config), "utf8")).config.Entrypoint[0], "/hello");
      assert.match(execFileSync("tar", ["-tvf", manifest.Layers[0]], { cwd: folder, encoding: "utf8" }), /^-rwxr-xr-x .* hello$/m);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe("control groups", () => {
  /** @type {string} */
  let root;
  beforeEach(() => (root = mkdtempSync(join(tmpdir(), "tb-cgroup-"))));
  afterEach(() => rmSync(root, { recursive: true }));

  it("of version 1 are made below every controller, with the processors of their parents", () => {
    for (const controller of ["cpuset", "memory"]) mkdirSync(join(root, controller, "id/node-1"), { recursive: true });
    for (const folder of ["cpuset", "cpuset/id", "cpuset/id/node-1"]) {
      writeFileSync(join(root, folder, "cpuset.cpus"), folder === "cpuset" ? "0-1" : "");
      writeFileSync(join(root, folder, "cpuset.mems"), folder === "cpuset" ? "0" : "");
    }
    makeCgroup("/id/node-1", root);
    assert.equal(readFileSync(join(root, "cpuset/id/node-1/cpuset.cpus"), "utf8"), "0-1");
    assert.ok(existsSync(join(root, "memory/id/node-1")));
    assert.equal(hierarchies(root).length, 2);
  });

  it("of version 2 hand down the controllers that there are", () => {
    for (const folder of ["", "id"]) {
      mkdirSync(join(root, folder), { recursive: true });
      writeFileSync(join(root, folder, "cgroup.controllers"), "cpu memory hugetlb\n");
    }
    makeCgroup("/id/node-1", root);
    assert.equal(readFileSync(join(root, "id/cgroup.subtree_control"), "utf8"), "+cpu +memory");
    assert.deepEqual(hierarchies(root), [root]);
  });

  it("may go while they are looked at", async () => {
    const churn = `
      const { mkdirSync, rmSync } = require("node:fs");
      const { workerData: root } = require("node:worker_threads");
      for (;;) {
        for (const name of ["a", "b", "c"]) mkdirSync(root + "/memory/id/node-1/pods/" + name + "/container", { recursive: true });
        for (const name of ["a", "b", "c"]) rmSync(root + "/memory/id/node-1/pods/" + name, { recursive: true });
      }`;
    const worker = new Worker(churn, { eval: true, workerData: root });
    try {
      await once(worker, "online");
      for (let look = 0; look < 1000; look++) await killCgroup("/id/node-1", root);
    } finally {
      await worker.terminate();
    }
  });
});

describe("ensureCluster", () => {
  it("refuses wrong settings before it does anything", async () => {
    const env = { PATH: "/nonexistent" };
    await assert.rejects(ensureCluster({ home: "/nonexistent", nodes: 0, env }), /0 nodes: a cluster here has 1 to 9/);
    await assert.rejects(
      ensureCluster({ home: "/nonexistent", env: { ...env, TESTBRO_CLUSTER: "minikube" } }),
      /TESTBRO_CLUSTER is "minikube"/,
    );
    await assert.rejects(ensureCluster({ home: "/nonexistent", env, mode: "kind" }), /kind is not installed/);
  });

  it("never takes the current context: one that is named but missing is an error that lists the others", async () => {
    const folder = mkdtempSync(join(tmpdir(), "tb-context-"));
    try {
      const kubectl = join(folder, "kubectl");
      writeFileSync(
        kubectl,
        `#!/bin/sh\ncase "$*" in *version*) echo '"gitVersion": "v${KUBERNETES}"';; *get-contexts*) echo mine;; *) echo "context does not exist" >&2; exit 1;; esac\n`,
        { mode: 0o755 },
      );
      const env = { PATH: `${folder}:/usr/bin:/bin`, TESTBRO_KUBE_CONTEXT: "theirs" };
      await assert.rejects(
        ensureCluster({ home: join(folder, "home"), env }),
        /context theirs cannot be used\. The kubeconfig has mine\.\n.*does not exist/,
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
