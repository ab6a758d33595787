import type { ProbedUpstream } from "@testbro/components/load-balancer/nginx";
import { choose, due, named, probed, worst, type Choice, type Family, type Group } from "./core/group";
import type { Finding, Standing } from "./core/replica";

/** A name and port whose replicas are asked. */
interface Asked {
  upstream: ProbedUpstream;
  group: Group;
  /** Addresses being asked now. */
  open: Set<string>;
  timer?: NodeJS.Timeout;
}

/** What happens, for the log and the metrics. */
export interface Witness {
  probed(target: string, finding: Finding, seconds: number): void;
  /** A replica is given or left out from now on. */
  moved(target: string, address: string, standing: Standing, reason: string, backoff: number): void;
}

/** Asks one replica; undefined: nothing can be said. */
export type Probe = (upstream: ProbedUpstream, address: string) => Promise<Finding | undefined>;

/** Longest time a timer can hold, in seconds (2³¹ ms). */
const LONGEST_TIMER_SECONDS = 2_000_000;

const now = (): number => performance.now() / 1000;

/** `host:port`, which is what an upstream is called outside. */
export function nameOf({ host, port }: ProbedUpstream): string {
  return `${host}:${port}`;
}

/** Knows every replica that DNS names, and asks each when it is due. */
export class Prober {
  #asked = new Map<string, Asked>();
  /** Names whose answer held replicas that all fail. */
  readonly #open = new Set<string>();

  constructor(
    private readonly probe: Probe,
    private readonly witness: Witness,
  ) {}

  /** Takes what is to be asked; replicas of a name that stays are still known. */
  configure(upstreams: readonly ProbedUpstream[]): void {
    const before = this.#asked;
    for (const { timer } of before.values()) clearTimeout(timer);
    this.#asked = new Map(
      upstreams.map((upstream): [string, Asked] => {
        const name = nameOf(upstream);
        return [name, { upstream, group: before.get(name)?.group ?? new Map(), open: new Set() }];
      }),
    );
    for (const asked of this.#asked.values()) this.#turn(asked);
  }

  /** Whether a host's replicas are asked. */
  knows(host: string): boolean {
    return this.#of(host).length > 0;
  }

  /** Takes what DNS said of a host, and says which of it to give. */
  heard(host: string, addresses: readonly string[], family: Family): Choice {
    const all = this.#of(host);
    for (const asked of all) {
      asked.group = named(asked.group, addresses, family, now());
      this.#turn(asked);
    }
    return this.choose(host, addresses);
  }

  /** Which of a host's addresses to give as things stand. */
  choose(host: string, addresses: readonly string[]): Choice {
    const all = this.#of(host);
    const choice = choose(addresses, (address) => worst(all.map(({ group }) => group.get(address)?.standing ?? "unproven")));
    if (addresses.length > 0) {
      for (const { upstream } of all) {
        if (choice.failOpen) this.#open.add(nameOf(upstream));
        else this.#open.delete(nameOf(upstream));
      }
    }
    return choice;
  }

  /** Everything known now. */
  state(): { target: string; port: number; failOpen: boolean; group: Group }[] {
    return [...this.#asked].map(([target, { group, upstream }]) => ({
      target,
      port: upstream.port,
      failOpen: this.#open.has(target),
      group,
    }));
  }

  stop(): void {
    this.configure([]);
  }

  #of(host: string): Asked[] {
    return [...this.#asked.values()].filter(({ upstream }) => upstream.host.toLowerCase() === host.toLowerCase());
  }

  /** Asks who is due and comes back when the next one is. */
  #turn(asked: Asked): void {
    if (this.#asked.get(nameOf(asked.upstream)) !== asked) return;
    clearTimeout(asked.timer);
    const { addresses, next } = due(asked.group, now(), asked.open);
    for (const address of addresses) void this.#ask(asked, address);
    if (next === Infinity) return;
    asked.timer = setTimeout(() => this.#turn(asked), Math.min(Math.max(next - now(), 0.001), LONGEST_TIMER_SECONDS) * 1000);
  }

  async #ask(asked: Asked, address: string): Promise<void> {
    const { upstream, open } = asked;
    open.add(address);
    const started = now();
    const finding = await this.probe(upstream, address);
    open.delete(address);
    if (this.#asked.get(nameOf(upstream)) !== asked) return;
    if (finding) this.#take(asked, address, finding, now() - started);
    this.#turn(asked);
  }

  #take(asked: Asked, address: string, finding: Finding, seconds: number): void {
    const { upstream } = asked;
    const before = asked.group.get(address)?.standing;
    asked.group = probed(asked.group, address, finding, upstream, now(), Math.random());
    const after = asked.group.get(address);
    this.witness.probed(nameOf(upstream), finding, seconds);
    if (after && after.standing !== before) {
      this.witness.moved(nameOf(upstream), address, after.standing, after.reason, after.backoff);
    }
  }
}
