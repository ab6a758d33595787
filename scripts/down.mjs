// npm run down [-- --volumes [--yes]]: stops everything this project started. Data stays unless --volumes.
import { rmSync } from "node:fs";
import { createInterface } from "node:readline/promises";
import { stopEngine } from "../toolchain/docker/engine.mjs";
import { dockerClient, whyUnreachable } from "../toolchain/docker/client.mjs";
import { ToolchainError } from "../toolchain/errors.mjs";
import { paths } from "../toolchain/paths.mjs";
import { step } from "../toolchain/progress.mjs";
import { removeLease } from "./local/autoscaler.mjs";
import { readConfiguration, writeConfiguration } from "./local/configuration.mjs";
import { build, ensureDependencies } from "./local/dependencies.mjs";
import { alone, madeBefore, main, outputs, pulumi } from "./local/deploy.mjs";
import { Docker } from "./local/docker.mjs";
import { engineInUse, openEngine, privateHost } from "./local/engine.mjs";
import { recover, removeWithoutState } from "./local/recovery.mjs";
import { explain, openStack, stackFiles } from "./local/stack.mjs";

/** The Docker provider gives up on a container that uses all of its grace period, though its service is gone by then. */
const STOPPED_LATE = /error on wait for container/;

/** Whether the stack's secrets cannot be opened any more. */
const LOCKED_OUT = /incorrect passphrase|passphrase in .* does not open/;

/** Asks before data is deleted; without a terminal only --yes will do. */
async function confirmed(args) {
  if (args.includes("--yes")) return true;
  if (!process.stdin.isTTY) throw new ToolchainError("--volumes deletes all data of the local stack. Fix: confirm with --yes.");
  const prompt = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await prompt.question("Delete all data of the local stack: databases, queues, metrics, passwords? (yes/no) ");
  prompt.close();
  return answer.trim() === "yes";
}

/** Runs a removing pulumi command, a second time where a slow container interrupted the first. @throws ToolchainError */
async function remove(stack, args) {
  const attempt = () => pulumi(stack, [...args, "--suppress-outputs", ...stack.withConfig]);
  let { code, errors } = await attempt();
  if (code !== 0 && STOPPED_LATE.test(errors)) {
    console.log("A container took its whole grace period to stop; finishing what is left.");
    ({ code, errors } = await attempt());
  }
  if (code === 0) return;
  throw new ToolchainError(
    explain(stack.files, errors) ?? `Not everything was removed (pulumi ended with code ${code}). Fix: run it again.`,
  );
}

/** Stops the services; volumes and what makes them readable stay. */
async function suspend(stack, docker, name) {
  await build(["stacks"]);
  await writeConfiguration(stack.files.config, {}, true);
  await recover(stack, docker, name);
  await remove(stack, ["up", "--yes", "--skip-preview", "--config", `testbro:name=${name}`]);
}

/** Removes the stack with its data. A state that cannot be opened is no obstacle: what is ours is labelled. */
async function destroy(stack, docker, name) {
  try {
    await recover(stack, docker, name);
    await remove(stack, ["destroy", "--yes"]);
  } catch (error) {
    if (!(error instanceof ToolchainError) || !LOCKED_OUT.test(error.message)) throw error;
    console.log("The stack's secrets cannot be opened; removing everything that carries its label.");
    await removeWithoutState(docker, name);
  }
  const volumes = await docker.own("volume", name);
  const left = await docker.remove("volume", volumes);
  if (left.length > 0)
    throw new ToolchainError(
      `Could not delete the volumes ${left.join(", ")}. Fix: \`docker ps -a --filter volume=…\` names what uses them.`,
    );
  for (const volume of volumes) console.log(`Deleted volume ${volume}.`);
  rmSync(stack.files.home, { recursive: true, force: true });
}

/** Stops the private engine unless something else runs on it by now. */
async function stopIdleEngine() {
  const host = privateHost();
  const clientBin = dockerClient();
  if (!clientBin || (await whyUnreachable(host)) !== undefined) return;
  const others = await new Docker(host, clientBin).lines(["ps", "--format", "{{.Names}}"]);
  if (others.length > 0) {
    console.log(`The private Docker engine goes on, because ${others.join(", ")} ${others.length > 1 ? "run" : "runs"} on it.`);
    return;
  }
  const { stopped } = await step("Stopping the Docker engine", () => stopEngine({ home: paths().engine }));
  if (stopped) console.log("The private Docker engine is stopped too.");
}

/** @param {string[]} args */
async function down(args) {
  const withVolumes = args.includes("--volumes");
  if (withVolumes && !(await confirmed(args))) throw new ToolchainError("Nothing was touched.");
  const files = stackFiles();
  if (!madeBefore(files)) {
    console.log("The local stack was never deployed here.");
    return stopIdleEngine();
  }
  const inUse = await engineInUse();
  if (!inUse && !withVolumes) {
    console.log("Nothing runs.");
    return;
  }
  await ensureDependencies();
  const engine = await openEngine(true);
  const docker = new Docker(engine.host, engine.clientBin);
  const stack = await openStack(engine.host, { discard: withVolumes });
  const configured = (await readConfiguration(files.config, [])).name;
  const name = withVolumes ? configured : ((await outputs(stack)).name ?? configured);
  await (withVolumes ? destroy : suspend)(stack, docker, name);
  await removeLease(docker, name);
  await stopIdleEngine();
  console.log(
    withVolumes
      ? "Everything is gone, data included."
      : "Stopped. The data, its passwords and the certificate authority are kept; npm run up brings it back.",
  );
}

main(() => {
  const args = process.argv.slice(2);
  const unknown = args.filter((arg) => arg !== "--volumes" && arg !== "--yes");
  if (unknown.length > 0) {
    throw new ToolchainError(`${unknown.join(" ")}: not an option of down. Fix: leave it out; --volumes and --yes are the only ones.`);
  }
  return alone(() => down(args));
});
