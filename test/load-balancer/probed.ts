import { rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Nginx, type NginxTest } from "./nginx";
import type { Confines } from "./nginx-command";
import { Script } from "./script";

/** A balancer run by the image's entry point, which also runs the prober. */
export class Probed {
  private constructor(
    readonly nginx: Nginx,
    readonly script: Script,
  ) {}

  /** @param more environment of the entry point */
  static async start(test: NginxTest, more: Record<string, string> = {}, confines?: Confines): Promise<Probed> {
    const nginx = await Nginx.prepare(test);
    // The entry point works it out itself, as another user than this one.
    rmSync(join(nginx.folder, "run", "host-access.conf"));
    const env = { NGINX_CONFIG: nginx.configuration, NGINX_RUNTIME: `${nginx.folder}/run`, ...more };
    const script = await Script.start(nginx.folder, "testbro-nginx", env, "nginx", confines);
    try {
      await nginx.answers(() => script.process.exitCode);
    } catch (error) {
      throw new Error(`${(error as Error).message}\n${script.output}`, { cause: error });
    }
    return new Probed(nginx, script);
  }

  /** Process ids of the workers. */
  workers(): string[] {
    const { folder } = this.nginx;
    const children = `$(cat /proc/$(cat ${folder}/run/nginx.pid)/task/*/children)`;
    const found = this.script.run(`for each in ${children}; do grep -qs "worker process" /proc/$each/cmdline && echo $each; done; true`);
    return found.split("\n").filter(Boolean);
  }

  /** Prometheus text of the prober, by way of the status port; empty while the prober does not answer. */
  async metrics(): Promise<string> {
    const answer = await fetch(`http://127.0.0.1:${this.nginx.ports.status}/metrics/upstreams`);
    const text = await answer.text();
    return answer.ok ? text : "";
  }

  /** Value of a gauge of a replica; undefined while there is none. */
  async gauge(name: string, address?: string): Promise<number | undefined> {
    const line = (await this.metrics())
      .split("\n")
      .find((each) => each.startsWith(`${name}{`) && (address === undefined || each.includes(`upstream="${address}:`)));
    return line === undefined ? undefined : Number(line.split(" ").at(-1));
  }

  /** Waits until a replica is used (1) or left out (0). @returns the time, in milliseconds */
  async turns(address: string, value: 0 | 1, seconds = 20): Promise<number> {
    for (const until = Date.now() + seconds * 1000; Date.now() < until; await sleep(50)) {
      if ((await this.gauge("nginx_upstream_replica_up", address)) === value) return Date.now();
    }
    throw new Error(`${address} was not ${value === 1 ? "used" : "left out"} within ${seconds} s:\n${this.script.output}`);
  }

  /** Sends a signal to the prober. */
  signalProber(signal: "KILL" | "STOP" | "CONT"): void {
    this.script.run(
      `for each in /proc/[0-9]*; do grep -qs prober.js "$each/cmdline" && grep -qs '^Name:.*node' "$each/status" && kill -${signal} "\${each#/proc/}"; done; true`,
    );
  }

  async stop(): Promise<void> {
    await this.script.stop();
    await this.nginx.stop();
  }
}
