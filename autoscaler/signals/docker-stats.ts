import { uptime } from "node:os";
import type Docker from "dockerode";
import { EngineReader } from "../targets/engine-reader";

/** What the engine says of a container; only what is needed, everything may be missing on some engine. */
export interface RawStats {
  readonly read?: string;
  readonly cpu_stats?: { readonly cpu_usage?: { readonly total_usage?: number }; readonly online_cpus?: number };
  readonly memory_stats?: { readonly usage?: number; readonly limit?: number; readonly stats?: Readonly<Record<string, number>> };
}

/** A point to measure CPU from. */
export interface CpuPoint {
  readonly at: number;
  readonly usage: number;
}

/**
 * Bytes a container cannot give back, as `docker stats` shows them: usage without the page cache that is not in use. cgroup v2 calls it
 * inactive_file, v1 total_inactive_file.
 */
export function memoryInUse(stats: RawStats): number | undefined {
  const usage = stats.memory_stats?.usage;
  if (usage === undefined) return undefined;
  const detail = stats.memory_stats?.stats ?? {};
  const cache = detail["total_inactive_file"] ?? detail["inactive_file"] ?? 0;
  return cache < usage ? usage - cache : usage;
}

/** The point in time and CPU of a sample; undefined when the engine does not say. */
export function cpuPoint(stats: RawStats): CpuPoint | undefined {
  const at = Date.parse(stats.read ?? "") / 1000;
  const usage = stats.cpu_stats?.cpu_usage?.total_usage;
  return Number.isFinite(at) && at > 0 && usage !== undefined ? { at, usage } : undefined;
}

/** CPU between two points, percent of `base` (nanoseconds per second); undefined for a restarted container or no time between. */
export function cpuPercent(before: CpuPoint | undefined, after: CpuPoint, base: number): number | undefined {
  if (before === undefined || after.at <= before.at || after.usage < before.usage) return undefined;
  return ((after.usage - before.usage) / (after.at - before.at) / base) * 100;
}

/** A container that nobody has asked for in this time is gone, as far as CPU is concerned. Longer than any check interval of sense. */
const FORGOTTEN_SECONDS = 3600;

/** Mean CPU and memory of a service's containers on this engine. */
export interface ServiceStats {
  readonly cpu?: number;
  readonly memory?: number;
  readonly cpuReporting: number;
  readonly memoryReporting: number;
}

/** The engine's clock may differ by this much from the time that has passed here; beyond it somebody has set it. */
const CLOCK_SLACK_SECONDS = 5;

/**
 * Seconds after its start during which a container's CPU is not measured: starting takes more of it than serving, and would ask for
 * replicas that start and ask for more. Until then it does not report, which never makes the others look busier.
 * Source: kube-controller-manager, `--horizontal-pod-autoscaler-initial-readiness-delay`.
 */
const INITIALIZATION_SECONDS = 30;

/** Reads containers' CPU and memory from one engine, and remembers the points CPU is measured from. */
export class DockerStats {
  private readonly points = new Map<string, CpuPoint & { readonly seen: number }>();
  /** Starts of containers by the engine's clock, seconds since 1970; asked for once each. */
  private readonly starts = new Map<string, number>();
  private readonly engine: EngineReader;
  private forgot = 0;

  /** @param steady seconds of a clock that nobody sets */
  constructor(
    docker: Docker,
    private readonly steady: () => number = uptime,
  ) {
    this.engine = new EngineReader(docker);
  }

  async read(containers: readonly string[], cpuBase: number | undefined, memoryBase: number | undefined): Promise<ServiceStats> {
    const cpu: number[] = [];
    const memory: number[] = [];
    await Promise.all(
      containers.map(async (id) => {
        const path = `/containers/${encodeURIComponent(id)}/stats?stream=false&one-shot=true`;
        const stats = await this.engine.object<RawStats>(path).catch(() => undefined);
        if (stats === undefined) return;
        const point = cpuPoint(stats);
        if (point !== undefined && point.at - (await this.startOf(id)) >= INITIALIZATION_SECONDS) {
          const [before, seen] = [this.points.get(id), this.steady()];
          // measured over a clock that was set, a busy container would look idle
          const even = before === undefined || Math.abs(point.at - before.at - (seen - before.seen)) <= CLOCK_SLACK_SECONDS;
          const percent = even ? cpuPercent(before, point, cpuBase ?? (stats.cpu_stats?.online_cpus ?? 1) * 1e9) : undefined;
          this.points.set(id, { ...point, seen });
          if (percent !== undefined) cpu.push(percent);
        }
        const used = memoryInUse(stats);
        const base = memoryBase ?? stats.memory_stats?.limit;
        if (used !== undefined && base) memory.push((used / base) * 100);
      }),
    );
    this.forget();
    const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
    return {
      ...(cpu.length > 0 ? { cpu: mean(cpu) } : {}),
      ...(memory.length > 0 ? { memory: mean(memory) } : {}),
      cpuReporting: cpu.length,
      memoryReporting: memory.length,
    };
  }

  /** An engine that does not say when a container started is believed to have done so long ago. */
  private async startOf(id: string): Promise<number> {
    const known = this.starts.get(id);
    if (known !== undefined) return known;
    const path = `/containers/${encodeURIComponent(id)}/json`;
    const inspected = await this.engine.object<{ State?: { StartedAt?: string } }>(path).catch(() => undefined);
    const started = Date.parse(inspected?.State?.StartedAt ?? "") / 1000;
    if (inspected !== undefined) this.starts.set(id, started > 0 ? started : -Infinity);
    return started > 0 ? started : -Infinity;
  }

  /** Looks through all containers, so not in every call: there is one a service. */
  private forget(): void {
    const now = this.steady();
    if (now - this.forgot < FORGOTTEN_SECONDS) return;
    this.forgot = now;
    for (const [id, point] of this.points) if (now - point.seen > FORGOTTEN_SECONDS) this.points.delete(id);
    for (const id of this.starts.keys()) if (!this.points.has(id)) this.starts.delete(id);
  }
}
