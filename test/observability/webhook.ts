import { createServer, type Server } from "node:http";
import { networkInterfaces } from "node:os";
import type { AddressInfo } from "node:net";

/** An alert as Alertmanager tells it. */
export interface ToldAlert {
  status: "firing" | "resolved";
  labels: Record<string, string>;
  annotations: Record<string, string>;
}

/** Which message is looked for. */
export interface Wanted {
  alert: string;
  status: ToldAlert["status"];
  /** Milliseconds since 1970. */
  since: number;
  /** End of the workload's name. @default whichever */
  workload?: string;
}

/** A receiver of Alertmanager's messages on this machine. */
export class Webhook {
  private constructor(
    private readonly server: Server,
    /** Where containers reach it. */
    readonly url: string,
    /** Everything told so far, oldest first. */
    readonly told: readonly { at: number; alert: ToldAlert }[],
  ) {}

  static async start(): Promise<Webhook> {
    const told: { at: number; alert: ToldAlert }[] = [];
    const server = createServer((request, response) => {
      let text = "";
      request.setEncoding("utf8").on("data", (part: string) => (text += part));
      request.on("end", () => {
        const { alerts } = JSON.parse(text) as { alerts: ToldAlert[] };
        for (const alert of alerts) told.push({ at: Date.now(), alert });
        response.end();
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "0.0.0.0", resolve));
    const { port } = server.address() as AddressInfo;
    return new Webhook(server, `http://${ownAddress()}:${port}/`, told);
  }

  /** The first such message; undefined when there is none. */
  find({ alert: name, status, since, workload = "" }: Wanted): { at: number; alert: ToldAlert } | undefined {
    return this.told.find(
      ({ at, alert }) =>
        at >= since &&
        alert.status === status &&
        alert.labels["alertname"] === name &&
        (alert.labels["workload"] ?? alert.labels["service"] ?? "").endsWith(workload),
    );
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

/** An address of this machine that is no loopback: containers have a loopback of their own. */
function ownAddress(): string {
  const found = Object.entries(networkInterfaces()).flatMap(([name, addresses]) =>
    (addresses ?? []).filter(({ family, internal }) => family === "IPv4" && !internal).map(({ address }) => ({ name, address })),
  );
  const [first] = found.sort((a, b) => Number(/^(docker|br-|veth)/.test(a.name)) - Number(/^(docker|br-|veth)/.test(b.name)));
  if (first === undefined) throw new Error("this machine has no address beside the loopback's, so no container can reach a receiver on it");
  return first.address;
}
