import type { Logger } from "pino";

/** A fault that failure tests ask for: none, a crash some seconds after the start, or a liveness check that never passes. */
export type Fault = { kind: "none" } | { kind: "crash-after"; seconds: number } | { kind: "never-healthy" };

/** Reads `none`, `never-healthy` or `crash-after:SECONDS`; undefined for anything else. */
export function parseFault(text: string): Fault | undefined {
  if (text === "none" || text === "never-healthy") return { kind: text };
  const seconds = /^crash-after:(\d{1,6}(?:\.\d{1,3})?)$/.exec(text)?.[1];
  return seconds === undefined ? undefined : { kind: "crash-after", seconds: Number(seconds) };
}

/** Starts the clock of `crash-after`. The process then ends as a crash would: no drain, exit code 1, the reason in the log. */
export function armFault(fault: Fault, logger: Logger, crash: (code: number) => void = (code) => process.exit(code)): void {
  if (fault.kind === "none") return;
  logger.warn({ fault }, "this process was asked to fail");
  if (fault.kind !== "crash-after") return;
  setTimeout(() => {
    logger.fatal(`crashing on purpose: FAULT=crash-after:${fault.seconds}`);
    crash(1);
  }, fault.seconds * 1000).unref();
}
