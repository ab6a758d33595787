import { spawn } from "node:child_process";
import { join } from "node:path";
import { commandLine } from "./options";
import type { LoadReport } from "./report";

/** A load client running in a process of its own. */
export interface LoadProcess {
  /** Stops sending and resolves with the report once the last answers are in. */
  stop(): Promise<LoadReport>;
  /** Resolves when the run is over by itself. Rejects when the client could not run, with what it said. */
  readonly report: Promise<LoadReport>;
}

/**
 * Starts the load client as another process, so that work in this one does not delay its schedule.
 * @param options as on its command line; the rest has defaults
 * @param onProgress gets each line of progress
 */
export function startLoadProcess(options: Parameters<typeof commandLine>[0], onProgress?: (line: string) => void): LoadProcess {
  const child = spawn(process.execPath, [join(__dirname, "main.js"), ...commandLine(options)], {
    // The channel tells the client when this process is gone, which may not find the time to stop it.
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  const said: string[] = [];
  let output = "";
  const { stdout, stderr } = child;
  if (!stdout || !stderr) throw new Error("the load client has no output");
  stdout.setEncoding("utf8").on("data", (text: string) => (output += text));
  stderr.setEncoding("utf8").on("data", (text: string) => {
    for (const line of text.split("\n").filter(Boolean)) {
      said.push(line);
      onProgress?.(line);
    }
  });
  const report = new Promise<LoadReport>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => {
      if (code === 0 || code === 1) resolve(JSON.parse(output) as LoadReport);
      else reject(new Error(`the load client ended with ${signal ?? `exit code ${code}`}: ${said.join("; ")}`));
    });
  });
  // A caller that stops the run awaits the same promise; until then a failure must not end this process.
  report.catch(() => undefined);
  return {
    report,
    stop: () => {
      child.kill("SIGTERM");
      return report;
    },
  };
}
