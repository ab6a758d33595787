import assert from "node:assert/strict";
import type { NginxOptions, ProxyRoute } from "@testbro/components/load-balancer/nginx";
import { withNginx } from "../fixture";
import type { Nginx, NginxTest } from "../nginx";
import type { Confines } from "../nginx-command";
import type { Replica } from "../replica";
import { withClients, type Client } from "./network";
import type { Seen } from "./tasks";

/** A header of replicas that has to stay behind the balancer. */
const PRIVATE_HEADER = "X-Replica";

export interface Attack {
  nginx: Nginx;
  replica: Replica;
  attacker: Client;
  /** Somebody of another network who uses the balancer meanwhile. */
  citizen: Client;
  /** Fails unless every one of the citizen's requests was answered well, and 99 of 100 within a second. */
  unharmed(seen: readonly Seen[]): void;
}

/** What of an answer tells more than it should: versions, addresses behind the balancer, traces. */
export function leaksOf(headers: Seen["headers"], text: string): string[] {
  const all = `${JSON.stringify(headers)}\n${text}`;
  const patterns = [/nginx\/[\d.]+/i, /openssl/i, /debian/i, /127\.0\.1\.\d/, /app\.test/, /\bat .+:\d+:\d+/, /\/run\/|\/etc\/|\/tmp\//];
  return patterns.flatMap((pattern) => pattern.exec(all)?.[0] ?? []);
}

/** Declares the hooks of a suite that attacks a balancer from one network while somebody uses it from another. */
export function withAttacks() {
  const clients = withClients(2);
  const balancer = withNginx();
  let running: Nginx | undefined;

  // Whatever was done to it: no worker died, and it serves on.
  afterEach(async () => {
    const nginx = running;
    running = undefined;
    if (!nginx) return;
    assert.doesNotMatch(nginx.errors, /\[(alert|emerg|crit)\]|exited on signal|core dumped/);
  });

  return {
    clients,
    async start(
      route: Partial<ProxyRoute> = {},
      options: Omit<Partial<NginxOptions>, "tls"> & Pick<NginxTest, "tls"> = {},
      confines?: Confines,
    ): Promise<Attack> {
      const [replica] = (await balancer.replicas(1, (_request, response) => response.end("served"))) as [Replica];
      const to = { host: replica.address, port: replica.port };
      const app: ProxyRoute = { name: "app", path: "/", to, ...route };
      const test = { hosts: ["localhost"], tls: true, headers: { hide: [PRIVATE_HEADER] }, routes: [app], ...options };
      const nginx = await balancer.start(test, undefined, confines);
      running = nginx;
      const [attacker, citizen] = clients.all as [Client, Client];
      attacker.stepBack();
      return { nginx, replica, attacker, citizen, unharmed };
    },
  };
}

function unharmed(seen: readonly Seen[]): void {
  const failed = seen.filter(({ status }) => status !== 200).map(({ status, failure }) => failure ?? String(status));
  assert.deepEqual(failed, []);
  const times = seen.map(({ took }) => took).sort((a, b) => a - b);
  const p99 = times[Math.ceil(times.length * 0.99) - 1] ?? Infinity;
  assert.ok(p99 < 1000, `99 of 100 requests of a client that does no harm took up to ${Math.round(p99)} ms`);
}
