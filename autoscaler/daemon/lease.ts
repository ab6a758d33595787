import { randomUUID } from "node:crypto";
import { uptime } from "node:os";
import { linkSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type Docker from "dockerode";
import { LEASE_NAME } from "../config/settings";

/** One writer at a time: whoever holds the lease may scale; the others watch. */
export interface Lease {
  /** Takes or renews the lease; false while another instance holds it. */
  hold(now: number): Promise<boolean>;
  /** Gives it up, so that the next instance need not wait for its end. */
  release(): Promise<void>;
}

/** Seconds without renewal after which another instance may take over: three missed turns of the slowest loop that renews. */
export const LEASE_SECONDS = 30;

/**
 * Sees by a clock that nobody sets whether another instance's lease is still renewed. Its end is a time of day: once the clock has been
 * set back, the lease of an instance that is gone would hold for as long as the jump was.
 */
export class LeaseWatch {
  private last = { text: "", since: 0 };

  /** @param steady seconds of a clock that nobody sets */
  constructor(private readonly steady: () => number = uptime) {}

  /** Whether the lease has stood for a whole term as it is. */
  isStale(holder: string, until: number): boolean {
    const [text, now] = [`${holder} ${until}`, this.steady()];
    if (text !== this.last.text) this.last = { text, since: now };
    return now - this.last.since >= LEASE_SECONDS;
  }
}

interface SwarmConfig {
  readonly ID: string;
  readonly Version: { readonly Index: number };
  readonly Spec: { readonly Name: string; readonly Labels?: Readonly<Record<string, string>> };
}

/** A lease among all managers of a swarm: labels of a Swarm config, changed only with the version they were read at. */
export class SwarmLease implements Lease {
  constructor(
    private readonly docker: Docker,
    private readonly name: string = LEASE_NAME,
    private readonly holder: string = randomUUID(),
    private readonly watch = new LeaseWatch(),
  ) {}

  async hold(now: number): Promise<boolean> {
    const labels = { holder: this.holder, until: String(Math.round(now + LEASE_SECONDS)) };
    const lease = await this.read();
    try {
      if (lease === undefined) {
        await this.docker.createConfig({ Name: this.name, Labels: labels, Data: Buffer.from("-").toString("base64") } as never);
        return true;
      }
      const held = lease.Spec.Labels ?? {};
      const [holder, until] = [held["holder"] ?? "", Number(held["until"] ?? 0)];
      if (holder !== this.holder && until > now && !this.watch.isStale(holder, until)) return false;
      await this.docker.getConfig(lease.ID).update({ ...lease.Spec, Labels: labels, version: lease.Version.Index } as never);
      return true;
    } catch (error) {
      // another instance was quicker: by name on creation, by version on renewal
      if (/already exists|out of sequence|conflict/i.test((error as Error).message)) return false;
      throw error;
    }
  }

  async release(): Promise<void> {
    const lease = await this.read();
    if (lease?.Spec.Labels?.["holder"] === this.holder) await this.docker.getConfig(lease.ID).remove();
  }

  private async read(): Promise<SwarmConfig | undefined> {
    const found = (await this.docker.listConfigs({ filters: JSON.stringify({ name: [this.name] }) })) as unknown as SwarmConfig[];
    return found.find((entry) => entry.Spec.Name === this.name);
  }
}

/** A lease among the processes of one host: a file in the state directory, put there by an atomic link. */
export class FileLease implements Lease {
  private readonly file: string;

  constructor(
    private readonly directory: string,
    private readonly holder: string = randomUUID(),
    private readonly watch = new LeaseWatch(),
  ) {
    this.file = join(directory, "lease.json");
  }

  /** The same lease in another holder's name. */
  of(holder: string): FileLease {
    return new FileLease(this.directory, holder, this.watch);
  }

  async hold(now: number): Promise<boolean> {
    const current = this.read();
    const other = current !== undefined && current.holder !== this.holder && current.until > now;
    if (other && !this.watch.isStale(current.holder, current.until)) return false;
    const own = `${this.file}.${this.holder}`;
    writeFileSync(own, JSON.stringify({ holder: this.holder, until: now + LEASE_SECONDS }), { mode: 0o600 });
    try {
      if (current !== undefined) rmSync(this.file, { force: true });
      linkSync(own, this.file);
    } catch {
      return false;
    } finally {
      rmSync(own, { force: true });
    }
    return this.read()?.holder === this.holder;
  }

  async release(): Promise<void> {
    if (this.read()?.holder === this.holder) rmSync(this.file, { force: true });
  }

  private read(): { holder: string; until: number } | undefined {
    try {
      const value = JSON.parse(readFileSync(this.file, "utf8")) as { holder?: unknown; until?: unknown };
      return typeof value.holder === "string" && typeof value.until === "number" ? { holder: value.holder, until: value.until } : undefined;
    } catch {
      return undefined;
    }
  }
}
