import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { nginxCommand, type Command, type Confines, type ImageName } from "./nginx-command";

/** A script of an image that runs. */
export class Script {
  output = "";
  private constructor(
    readonly process: ChildProcess,
    private readonly send: (signal: string) => Command | undefined,
    private readonly inside: (args: string[]) => Command,
  ) {
    for (const stream of [process.stdout, process.stderr]) stream?.on("data", (chunk: Buffer) => (this.output += chunk.toString()));
  }

  /** @param folder what the script sees of this machine's files */
  static async start(
    folder: string,
    name: string,
    env: Record<string, string>,
    image: ImageName = "nginx",
    confines?: Confines,
  ): Promise<Script> {
    const { signal, inside, file, args, env: environment } = (await nginxCommand(image)).script(folder, name, env, confines);
    const options = { stdio: ["ignore", "pipe", "pipe"] as ["ignore", "pipe", "pipe"], ...(environment ? { env: environment } : {}) };
    return new Script(spawn(file, args, options), signal, inside);
  }

  async ended(): Promise<number> {
    if (this.process.exitCode === null) await once(this.process, "exit");
    return this.process.exitCode ?? -1;
  }

  /** Sends the images' stop signal. @returns its exit code */
  async stop(): Promise<number> {
    if (this.process.exitCode === null) this.signal("QUIT");
    return this.ended();
  }

  /** Sends another signal, e.g. "USR1". */
  signal(name: string): void {
    const command = this.send(name);
    if (command === undefined) this.process.kill(`SIG${name}` as NodeJS.Signals);
    else execFileSync(command.file, command.args, { stdio: "pipe" });
  }

  /** Runs a shell command where the script runs. @returns what it wrote */
  run(command: string): string {
    const { file, args } = this.inside(["sh", "-c", command]);
    return execFileSync(file, args, { encoding: "utf8", stdio: "pipe", timeout: 60_000 });
  }

  async says(pattern: RegExp, seconds = 60): Promise<void> {
    for (let waited = 0; !pattern.test(this.output); waited += 100) {
      if (waited > seconds * 1000) throw new Error(`it never said ${pattern}:\n${this.output}`);
      await sleep(100);
    }
  }
}
