// npm run status [-- --json] [--show-secrets]: what runs, and with which logins. Exit code 0 when all of it is healthy.
import { ToolchainError } from "../toolchain/errors.mjs";
import { readConfiguration } from "./local/configuration.mjs";
import { ensureDependencies } from "./local/dependencies.mjs";
import { main, madeBefore, outputs } from "./local/deploy.mjs";
import { Docker } from "./local/docker.mjs";
import { engineInUse } from "./local/engine.mjs";
import { openStack, stackFiles } from "./local/stack.mjs";
import { describeStatus, loginsOf, overall, serviceStatus } from "./local/status.mjs";

const OPTIONS = ["--json", "--show-secrets"];

/** @param {boolean} secrets whether the logins are wanted @returns {Promise<import("./local/status.mjs").Status>} */
async function status(secrets) {
  const files = stackFiles();
  if (!madeBefore(files)) return overall([], {}, files.ca);
  const engine = await engineInUse();
  if (!engine) return overall([], {}, files.ca);
  await ensureDependencies();
  const values = await outputs(await openStack(engine.host), secrets);
  const name = values.name ?? (await readConfiguration(files.config, [])).name;
  const services = await serviceStatus(new Docker(engine.host, engine.clientBin), name);
  return { ...overall(services, values, files.ca), ...(secrets ? { logins: loginsOf(values) } : {}) };
}

main(async () => {
  const args = process.argv.slice(2);
  const unknown = args.filter((arg) => !OPTIONS.includes(arg));
  if (unknown.length > 0)
    throw new ToolchainError(`${unknown.join(" ")}: not an option of status. Fix: leave it out; there are ${OPTIONS.join(" and ")}.`);
  const now = await status(args.includes("--show-secrets"));
  if (args.includes("--json")) console.log(JSON.stringify(now, null, 2));
  else if (now.services.length === 0) console.log("Nothing runs. Start it: npm run up");
  else console.log(describeStatus(now));
  process.exitCode = now.healthy ? 0 : 1;
});
