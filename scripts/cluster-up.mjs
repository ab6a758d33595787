// npm run cluster:up [-- --nodes N]: a real Kubernetes cluster for tests and for trying things out.
import { ToolchainError } from "../toolchain/errors.mjs";
import { ensureCluster } from "../toolchain/kubernetes/index.mjs";
import { clusterHome, describeCluster, nodesWanted } from "./local/cluster.mjs";
import { main } from "./local/deploy.mjs";

main(async () => {
  const nodes = nodesWanted(process.argv.slice(2));
  if (typeof nodes === "string") throw new ToolchainError(nodes);
  console.log(describeCluster(await ensureCluster({ home: clusterHome(), nodes })));
});
