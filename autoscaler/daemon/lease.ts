import { randomUUID } from "node:crypto";
import { linkSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type Docker from "dockerode";

/** One writer at a time: whoever holds the lease may scale; the others watch. */
export interface Lease {
  /** Takes or renews the lease; false while another instance holds it. */
  hold(now: number): Promise<boolean>;
}

/** Seconds without renewal after which another instance may take over: three missed turns of the slowest loop that renews. */
export const LEASE_SECONDS = 30;

const NAME = "testbro-autoscaler-lease";

/** A lease among all managers of a swarm: labels of a Swarm config, changed only with the version they were read at. */
export class SwarmLease implements Lease {
  private readonly holder = randomUUID();

  constructor(private readonly docker: Docker) {}

  async hold(now: number): Promise<boolean> {
    const labels = { holder: this.holder, until: String(Math.round(now + LEASE_SECONDS)) };
    const found = (await this.docker.listConfigs({ filters: JSON.stringify({ name: [NAME] }) })) as unknown as {
      ID: string;
      Version: { Index: number };
      Spec: { Name: string; Labels?: Record<string, string> };
    }[];
    const lease = found.find((entry) => entry.Spec.Name === NAME);
    try {
      if (lease === undefined) {
        await this.docker.createConfig({ Name: NAME, Labels: labels, Data: Buffer.from("-").toString("base64") } as never);
        return true;
      }
      const held = lease.Spec.Labels ?? {};
      if (held["holder"] !== this.holder && Number(held["until"] ?? 0) > now) return false;
      await this.docker.getConfig(lease.ID).update({ ...lease.Spec, Labels: labels, version: lease.Version.Index } as never);
      return true;
    } catch (error) {
      // another instance was quicker: by name on creation, by version on renewal
      if (/already exists|out of sequence|conflict/i.test((error as Error).message)) return false;
      throw error;
    }
  }
}

/** A lease among the processes of one host: a file in the state directory, put there by an atomic link. */
export class FileLease implements Lease {
  private readonly holder = randomUUID();
  private readonly file: string;

  constructor(directory: string) {
    this.file = join(directory, "lease.json");
  }

  async hold(now: number): Promise<boolean> {
    const current = this.read();
    if (current !== undefined && current.holder !== this.holder && current.until > now) return false;
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

  private read(): { holder: string; until: number } | undefined {
    try {
      const value = JSON.parse(readFileSync(this.file, "utf8")) as { holder?: unknown; until?: unknown };
      return typeof value.holder === "string" && typeof value.until === "number" ? { holder: value.holder, until: value.until } : undefined;
    } catch {
      return undefined;
    }
  }
}
