import { LoadOptionsError, parseCommandLine, USAGE } from "./options";
import { summary } from "./report";
import { runLoad } from "./run";

/** Seconds between lines of progress. */
const PROGRESS_SECONDS = 5;

async function main(args: string[]): Promise<number> {
  if (args.length === 0 || args.includes("--help")) {
    process.stdout.write(`${USAGE}\n`);
    return args.length === 0 ? 2 : 0;
  }
  const run = runLoad(parseCommandLine(args));
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => run.stop());
  process.on("disconnect", () => run.stop());
  process.channel?.unref();
  const started = Date.now();
  const timer = setInterval(() => {
    const { sent, failed } = run.progress;
    process.stderr.write(`${Math.round((Date.now() - started) / 1000)} s: ${sent} sent, ${failed} failed\n`);
  }, PROGRESS_SECONDS * 1000);
  const report = await run.report;
  clearInterval(timer);
  process.stderr.write(`${summary(report)}\n`);
  process.stdout.write(`${JSON.stringify(report, undefined, 2)}\n`);
  return report.failed === 0 ? 0 : 1;
}

main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    process.stderr.write(`${error instanceof LoadOptionsError ? error.message : error instanceof Error ? error.stack : String(error)}\n`);
    process.exitCode = 2;
  },
);
