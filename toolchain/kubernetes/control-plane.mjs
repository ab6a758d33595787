// The store, the API server and what works through it, as processes in the cluster's network namespace.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { must, run } from "../process.mjs";
import { corefile, kubeconfig, nameServers, proxyConfig } from "./configs.mjs";
import { API_PORT, CONTROL_ADDRESS, layout, SERVICES } from "./layout.mjs";
import { asRun, bridgesAreFiltered, inNetns } from "./network.mjs";
import { clusterObjects, METRICS_PORT } from "./objects.mjs";
import { runs, start, untilReady } from "./processes.mjs";

/** @import { ClusterRecord } from "./processes.mjs" */
/** @import { Detail } from "../progress.mjs" */

/**
 * @typedef {object} Machine What the parts of a cluster are started with.
 * @property {string} home
 * @property {Readonly<Record<string, string>>} programs Paths of the built programs, by name.
 * @property {ClusterRecord} record
 * @property {() => void} save Writes the record down.
 * @property {NodeJS.ProcessEnv} env
 */

/** The program that makes volumes; Node runs it. */
const VOLUMES = fileURLToPath(new URL("local-volumes.mjs", import.meta.url));

/**
 * Starts what does not run; each part once it can work.
 *
 * @param {Machine} machine
 * @param {Readonly<Record<string, string>>} tokens
 * @param {Detail} detail
 */
export async function startControlPlane(machine, tokens, detail) {
  const files = layout(machine.home);
  const inCertificates = (/** @type {string} */ name) => join(files.certificates, name);
  const authority = readFileSync(inCertificates("ca.crt"), "utf8");
  const config = (/** @type {string} */ user) => {
    const file = join(files.home, `${user}.kubeconfig`);
    const server = `https://${CONTROL_ADDRESS}:${API_PORT}`;
    writeFileSync(file, kubeconfig({ server, authority, token: tokens[user] ?? "", user, name: "testbro" }), { mode: 0o600 });
    return file;
  };
  writeFileSync(
    files.kubeconfig,
    kubeconfig({
      server: `https://${machine.record.address}:${API_PORT}`,
      authority,
      token: tokens.admin ?? "",
      user: "admin",
      name: "testbro",
    }),
    { mode: 0o600 },
  );
  const begin = async (/** @type {string} */ name, /** @type {string[]} */ args, /** @type {() => Promise<boolean>} */ ready) => {
    if (runs(machine.record.processes[name])) return;
    detail(name);
    const started = await start(inNetns(machine, [/** @type {string} */ (machine.programs[name]), ...args]), {
      log: join(files.logs, `${name}.log`),
      env: machine.env,
    });
    machine.record.processes[name] = started;
    machine.save();
    await untilReady(name, started, files.logs, ready);
  };
  const answers = (/** @type {string} */ url) => async () =>
    (await run(...asRun(inNetns(machine, ["curl", "-skf", "-m", "5", "-o", "/dev/null", url])), { env: machine.env, timeout: 10_000 }))
      .code === 0;
  mkdirSync(files.etcd, { recursive: true, mode: 0o700 });
  await begin("etcd", etcd(files.etcd), answers("http://127.0.0.1:2379/health"));
  await begin("kube-apiserver", apiserver(inCertificates, files.home), answers(`https://${CONTROL_ADDRESS}:${API_PORT}/readyz`));
  const credentials = (/** @type {string} */ user) => {
    const file = config(user);
    return [`--kubeconfig=${file}`, `--authentication-kubeconfig=${file}`, `--authorization-kubeconfig=${file}`];
  };
  await begin(
    "kube-controller-manager",
    [
      ...credentials("controller-manager"),
      "--bind-address=127.0.0.1",
      "--leader-elect=false",
      "--use-service-account-credentials=true",
      `--service-account-private-key-file=${inCertificates("service-accounts.key")}`,
      `--root-ca-file=${inCertificates("ca.crt")}`,
      `--cluster-signing-cert-file=${inCertificates("ca.crt")}`,
      `--cluster-signing-key-file=${inCertificates("ca.key")}`,
      "--allocate-node-cidrs=false",
      // Above the kubelets' lease renewal (a quarter of 20 s) by far enough for a busy machine.
      "--node-monitor-grace-period=20s",
    ],
    answers("https://127.0.0.1:10257/healthz"),
  );
  await begin(
    "kube-scheduler",
    [...credentials("scheduler"), "--bind-address=127.0.0.1", "--leader-elect=false"],
    answers("https://127.0.0.1:10259/healthz"),
  );
  await applyObjects(machine);
  const proxy = join(files.home, "kube-proxy.json");
  writeFileSync(proxy, proxyConfig({ kubeconfig: config("proxy"), node: "node-1", masqueradeAll: !bridgesAreFiltered() }));
  await begin("kube-proxy", [`--config=${proxy}`], answers(`http://${CONTROL_ADDRESS}:10256/livez`));
  const dns = join(files.home, "Corefile");
  writeFileSync(dns, corefile({ kubeconfig: config("coredns"), servers: nameServers(readFileSync("/etc/resolv.conf", "utf8")) }));
  await begin("coredns", [`-conf=${dns}`], answers(`http://${CONTROL_ADDRESS}:8181/ready`));
  if (machine.programs["metrics-server"])
    await begin(
      "metrics-server",
      [
        ...credentials("metrics-server"),
        `--bind-address=${CONTROL_ADDRESS}`,
        `--secure-port=${METRICS_PORT}`,
        `--cert-dir=${join(files.home, "metrics-server")}`,
        "--kubelet-insecure-tls",
        "--kubelet-preferred-address-types=InternalIP",
        // The shortest that it accepts is above 10 s.
        "--metric-resolution=12s",
      ],
      answers(`https://${CONTROL_ADDRESS}:${METRICS_PORT}/livez`),
    );
  await begin("local-volumes", [VOLUMES, config("local-volumes"), files.nodes], () => Promise.resolve(true));
}

/** @param {string} data */
const etcd = (data) => [
  `--data-dir=${data}`,
  "--listen-client-urls=http://127.0.0.1:2379",
  "--advertise-client-urls=http://127.0.0.1:2379",
  "--listen-peer-urls=http://127.0.0.1:2380",
  "--initial-advertise-peer-urls=http://127.0.0.1:2380",
  "--initial-cluster=default=http://127.0.0.1:2380",
  // What is written must survive this process, not a power cut: nothing of value is kept in a test cluster.
  "--unsafe-no-fsync",
];

/** @param {(name: string) => string} file @param {string} home */
const apiserver = (file, home) => [
  "--etcd-servers=http://127.0.0.1:2379",
  `--secure-port=${API_PORT}`,
  "--bind-address=0.0.0.0",
  `--advertise-address=${CONTROL_ADDRESS}`,
  `--cert-dir=${join(home, "apiserver")}`,
  `--tls-cert-file=${file("apiserver.crt")}`,
  `--tls-private-key-file=${file("apiserver.key")}`,
  `--client-ca-file=${file("ca.crt")}`,
  `--token-auth-file=${file("tokens.csv")}`,
  "--authorization-mode=Node,RBAC",
  "--enable-admission-plugins=NodeRestriction",
  "--allow-privileged=true",
  `--service-cluster-ip-range=${SERVICES}`,
  "--service-account-issuer=https://kubernetes.default.svc",
  `--service-account-key-file=${file("service-accounts.key")}`,
  `--service-account-signing-key-file=${file("service-accounts.key")}`,
  `--kubelet-client-certificate=${file("kubelet-client.crt")}`,
  `--kubelet-client-key=${file("kubelet-client.key")}`,
  "--kubelet-preferred-address-types=InternalIP",
  "--enable-aggregator-routing=true",
  `--requestheader-client-ca-file=${file("front-proxy-ca.crt")}`,
  "--requestheader-allowed-names=front-proxy-client",
  "--requestheader-username-headers=X-Remote-User",
  "--requestheader-group-headers=X-Remote-Group",
  "--requestheader-extra-headers-prefix=X-Remote-Extra-",
  `--proxy-client-cert-file=${file("front-proxy-client.crt")}`,
  `--proxy-client-key-file=${file("front-proxy-client.key")}`,
  // Pods leave a lost node after 30 seconds instead of five minutes.
  "--default-not-ready-toleration-seconds=30",
  "--default-unreachable-toleration-seconds=30",
];

/** @param {Machine} machine */
async function applyObjects(machine) {
  const list = { apiVersion: "v1", kind: "List", items: clusterObjects({ metrics: machine.programs["metrics-server"] !== undefined }) };
  const args = ["--kubeconfig", layout(machine.home).kubeconfig, "apply", "--server-side", "--force-conflicts", "-f", "-"];
  await must(/** @type {string} */ (machine.programs.kubectl), args, {
    env: machine.env,
    input: JSON.stringify(list),
    timeout: 60_000,
    what: "setting up the cluster's own objects",
  });
}
