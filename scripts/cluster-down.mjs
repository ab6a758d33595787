// npm run cluster:down: takes down the cluster of cluster:up with everything in it.
import { ToolchainError } from "../toolchain/errors.mjs";
import { stopCluster } from "../toolchain/kubernetes/index.mjs";
import { clusterHome } from "./local/cluster.mjs";
import { main } from "./local/deploy.mjs";

main(async () => {
  const unknown = process.argv.slice(2);
  if (unknown.length > 0)
    throw new ToolchainError(`${unknown.join(" ")}: not an option of cluster:down, which has none. Fix: leave it out.`);
  const { stopped } = await stopCluster({ home: clusterHome() });
  console.log(stopped ? "The cluster is gone, with everything in it." : "There is no cluster of cluster:up here.");
});
