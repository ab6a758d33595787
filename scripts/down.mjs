// npm run down [-- --volumes [--yes]]: stops everything this project started. Data stays unless --volumes.
import { rmSync } from "node:fs";
import { createInterface } from "node:readline/promises";
import { stopEngine } from "../toolchain/docker/engine.mjs";
import { ToolchainError } from "../toolchain/errors.mjs";
import { paths } from "../toolchain/paths.mjs";
import { step } from "../toolchain/progress.mjs";
import { everMade, explain, main, prepare, pulumi } from "./local/deploy.mjs";
import { STACK_LABEL } from "./local/docker.mjs";
import { engineInUse } from "./local/engine.mjs";
import { recover } from "./local/recovery.mjs";
import { stackFiles } from "./local/stack.mjs";

/** The Docker provider gives up on a container that uses all of its grace period, though its service is gone by then. */
const STOPPED_LATE = /error on wait for container/;

/** Asks before data is deleted; without a terminal only --yes will do. */
async function confirmed(args) {
  if (args.includes("--yes")) return true;
  if (!process.stdin.isTTY) throw new ToolchainError("--volumes deletes all data of the local stack. Fix: confirm with --yes.");
  const prompt = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await prompt.question("Delete all data of the local stack: databases, queues, metrics, passwords? (yes/no) ");
  prompt.close();
  return answer.trim() === "yes";
}

async function removeVolumes(docker, name) {
  const volumes = (await docker.read(["volume", "ls", "--quiet", "--filter", `label=${STACK_LABEL}=${name}`])).split("\n").filter(Boolean);
  for (const volume of volumes) {
    await docker.read(["volume", "rm", volume]);
    console.log(`Deleted volume ${volume}.`);
  }
}

/** Stops the engine that `up` started, unless something else runs on it by now. @param {import("./local/docker.mjs").Docker} docker */
async function stopIdleEngine(docker) {
  const others = (await docker.read(["ps", "--format", "{{.Names}}"])).split("\n").filter(Boolean);
  if (others.length > 0) {
    console.log(`The Docker engine goes on: ${others.join(", ")} ${others.length > 1 ? "run" : "runs"} on it and is not this stack's.`);
    return;
  }
  const { stopped } = await step("Stopping the Docker engine", () => stopEngine({ home: paths().engine }));
  if (stopped) console.log("The private Docker engine is stopped too.");
}

main(async () => {
  const args = process.argv.slice(2);
  const unknown = args.filter((arg) => arg !== "--volumes" && arg !== "--yes");
  if (unknown.length > 0)
    throw new ToolchainError(`${unknown.join(" ")}: not an option of down. Fix: leave it out; --volumes and --yes are the only ones.`);
  const withVolumes = args.includes("--volumes");
  if (withVolumes && !(await confirmed(args))) throw new ToolchainError("Nothing was touched.");
  const files = stackFiles();
  if (!everMade(files)) {
    console.log("Nothing to stop: the local stack was never started here.");
    return;
  }
  const wasRunning = (await engineInUse()) !== undefined;
  if (!wasRunning && !withVolumes) {
    console.log("Nothing runs.");
    return;
  }
  const { docker, stack, config } = await prepare([], { withImages: false, suspended: true });
  await recover(stack, docker, config.name);
  const command = withVolumes ? ["destroy", "--yes"] : ["up", "--yes", "--skip-preview"];
  const remove = () => pulumi(stack, [...command, "--suppress-outputs", ...stack.withConfig]);
  let { code, errors } = await remove();
  if (code !== 0 && STOPPED_LATE.test(errors)) {
    console.log("A container took its whole grace period to stop; finishing what is left.");
    ({ code, errors } = await remove());
  }
  if (code !== 0) {
    throw new ToolchainError(explain(stack, errors) ?? `Not everything was removed (pulumi ended with code ${code}). Fix: run it again.`);
  }
  if (withVolumes) {
    await removeVolumes(docker, config.name);
    rmSync(files.home, { recursive: true, force: true });
  }
  await stopIdleEngine(docker);
  console.log(
    withVolumes
      ? "Everything is gone, data included."
      : "Stopped. The data, its passwords and the certificate authority are kept; npm run up brings it back.",
  );
});
