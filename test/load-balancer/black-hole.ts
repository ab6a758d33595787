import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { connect, type Socket } from "node:net";

/** Connections that fill the queue of a listener that accepts none: Linux holds one more than the backlog. */
const FILLING = 4;

/** Listens with a short queue and stands still. */
const PROGRAM = `
  const [address, port] = process.argv.slice(1);
  require("net").createServer().listen({ host: address, port: Number(port), backlog: 1 }, () => {
    process.send("listening", () => process.kill(process.pid, "SIGSTOP"));
  });
`;

/** An address at which connections hang, as at a machine that has gone: nothing is refused and nothing answers. */
export class BlackHole {
  private constructor(
    readonly address: string,
    private readonly process: ChildProcess,
    private readonly sockets: readonly Socket[],
  ) {}

  static async open(address: string, port: number): Promise<BlackHole> {
    const child = spawn(process.execPath, ["-e", PROGRAM, address, String(port)], { stdio: ["ignore", "inherit", "inherit", "ipc"] });
    await once(child, "message");
    const sockets = Array.from({ length: FILLING }, () => connect(port, address).on("error", () => undefined));
    await Promise.race(sockets.map((socket) => once(socket, "connect")));
    return new BlackHole(address, child, sockets);
  }

  close(): void {
    for (const socket of this.sockets) socket.destroy();
    this.process.kill("SIGKILL");
  }
}
