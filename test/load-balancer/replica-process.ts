import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";

/** What a replica does with requests: answers; answers 500; answers after a while. */
export type Mode = "well" | "failing" | "slow";

/** Seconds a slow replica takes. */
export const SLOW_SECONDS = 4;

/** Answers with its address, on every path alike: a health check finds what a client would. */
const PROGRAM = `
  const [address, port] = process.argv.slice(1);
  let mode = "well";
  process.on("message", (next) => { mode = next; });
  require("node:http").createServer((request, response) => {
    request.resume();
    response.setHeader("x-replica", address);
    if (mode === "failing") response.statusCode = 500;
    setTimeout(() => response.end(address), mode === "slow" ? ${SLOW_SECONDS * 1000} : 0);
  }).listen(Number(port), address, function () { process.send(this.address().port); });
`;

/** A replica that is a process of its own, so that signals do to it what they do to a real one. */
export class ReplicaProcess {
  private constructor(
    readonly address: string,
    readonly port: number,
    private readonly process: ChildProcess,
  ) {}

  /** @param port 0: any that is free */
  static async start(address: string, port = 0): Promise<ReplicaProcess> {
    const child = spawn(process.execPath, ["-e", PROGRAM, address, String(port)], { stdio: ["ignore", "inherit", "inherit", "ipc"] });
    const [taken] = (await once(child, "message")) as [number];
    return new ReplicaProcess(address, taken, child);
  }

  /** Several on one port, at 127.0.1.1, 127.0.1.2 and so on. */
  static async several(count: number): Promise<ReplicaProcess[]> {
    const first = await ReplicaProcess.start("127.0.1.1");
    const others = Array.from({ length: count - 1 }, (_, index) => ReplicaProcess.start(`127.0.1.${index + 2}`, first.port));
    return [first, ...(await Promise.all(others))];
  }

  behave(mode: Mode): void {
    this.process.send(mode);
  }

  signal(signal: "SIGSTOP" | "SIGCONT"): void {
    this.process.kill(signal);
  }

  async kill(): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    const ended = once(this.process, "exit");
    this.process.kill("SIGKILL");
    await ended;
  }
}
