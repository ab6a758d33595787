// npm run logs -- SERVICE [--follow] [--since 10m] [--request ID]: what a service of the local stack writes, one JSON object a line.
import { ToolchainError } from "../toolchain/errors.mjs";
import { readConfiguration } from "./local/configuration.mjs";
import { ensureDependencies } from "./local/dependencies.mjs";
import { main, madeBefore } from "./local/deploy.mjs";
import { Docker } from "./local/docker.mjs";
import { engineInUse } from "./local/engine.mjs";
import { read, servicesOf, wanted } from "./local/logs.mjs";
import { stackFiles } from "./local/stack.mjs";

main(async () => {
  const asked = wanted(process.argv.slice(2));
  const files = stackFiles();
  const engine = madeBefore(files) ? await engineInUse() : undefined;
  if (!engine) throw new ToolchainError("Nothing runs, so there are no logs. Fix: start it, npm run up.");
  await ensureDependencies();
  const docker = new Docker(engine.host, engine.clientBin);
  const { name } = await readConfiguration(files.config, []);
  const running = (await docker.services(name)).map(({ Name }) => Name).sort();
  // Whoever pipes into head is not to get an error.
  process.stdout.on("error", () => process.exit(0));
  await Promise.all(servicesOf(asked.service, name, running).map((service) => read(docker, service, asked, (line) => console.log(line))));
});
