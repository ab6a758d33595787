import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { nginxCommand, type Command } from "./nginx-command";

/** A script of the image that runs. */
export class Script {
  output = "";

  private constructor(
    readonly process: ChildProcess,
    private readonly how: Command | "SIGQUIT",
    private readonly inside: (args: string[]) => Command,
  ) {
    for (const stream of [process.stdout, process.stderr]) stream?.on("data", (chunk: Buffer) => (this.output += chunk.toString()));
  }

  static async start(folder: string, name: string, env: Record<string, string>): Promise<Script> {
    const { stop, inside, file, args, env: environment } = (await nginxCommand()).script(folder, name, env);
    const options = { stdio: ["ignore", "pipe", "pipe"] as ["ignore", "pipe", "pipe"], ...(environment ? { env: environment } : {}) };
    return new Script(spawn(file, args, options), stop, inside);
  }

  async ended(): Promise<number> {
    if (this.process.exitCode === null) await once(this.process, "exit");
    return this.process.exitCode ?? -1;
  }

  /** Sends the image's stop signal. @returns its exit code */
  async stop(): Promise<number> {
    if (this.process.exitCode === null) {
      if (this.how === "SIGQUIT") this.process.kill("SIGQUIT");
      else execFileSync(this.how.file, this.how.args, { stdio: "pipe" });
    }
    return this.ended();
  }

  /** Runs a shell command where the script runs. @returns what it wrote */
  run(command: string): string {
    const { file, args } = this.inside(["sh", "-c", command]);
    return execFileSync(file, args, { encoding: "utf8", stdio: "pipe", timeout: 60_000 });
  }

  async says(pattern: RegExp): Promise<void> {
    for (let waited = 0; !pattern.test(this.output); waited += 100) {
      if (waited > 20_000) throw new Error(`it never said ${pattern}:\n${this.output}`);
      await sleep(100);
    }
  }
}
