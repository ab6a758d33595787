import { chmodSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { stringify } from "yaml";
import { renderNginx } from "@testbro/components/load-balancer/nginx";
import { freePorts, selfSigned } from "../load-balancer/nginx";
import { CHECKOUT, must, run, type Result } from "../swarm/commands";

/** Images of the project. */
const IMAGES = ["nginx", "frontend", "prometheus", "autoscaler"] as const;

/** Requests per second of one replica; little, because client and replicas share one machine. */
export const TARGET = 10;

async function module<T>(path: string): Promise<T> {
  return (await import(pathToFileURL(join(CHECKOUT, path)).href)) as T;
}

/** What was found to run a Compose project with. */
interface Tools {
  clientBin: string;
  host: string;
  images: Record<string, string>;
  composeEnv: Record<string, string>;
}

/** The engine, its images and `docker compose`; undefined where that cannot be had. */
async function tools(): Promise<Tools | undefined> {
  const { openEngine } = await module<{ openEngine(): Promise<{ host: string; clientBin: string }> }>("scripts/local/engine.mjs");
  const { ensureBaseImage } = await module<{ ensureBaseImage(options: object): Promise<string> }>("toolchain/images/base.mjs");
  const { buildImages } = await module<{ buildImages(options: object): Promise<Record<string, string>> }>("images/build.mjs");
  const { ensureCompose } = await module<{ ensureCompose(docker: string): Promise<Record<string, string> | undefined> }>(
    "scripts/test/compose.mjs",
  );
  const { host, clientBin } = await openEngine();
  const composeEnv = await ensureCompose(clientBin);
  if (composeEnv === undefined) return undefined;
  const images = await buildImages({ host, base: await ensureBaseImage({ host }), only: [...IMAGES] });
  return { clientBin, host, images, composeEnv };
}

/** A real `docker compose` project: a balancer, a service to scale, Prometheus, and the auto-scaler with its gate. */
export class ComposeProject {
  readonly name = "shop";

  private constructor(
    private readonly tools: Tools,
    private readonly folder: string,
    private readonly port: number,
    readonly caFile: string,
  ) {}

  /** Brings the project up, everything healthy; undefined where there is no `docker compose`. */
  static async up(): Promise<ComposeProject | undefined> {
    const found = await tools();
    if (found === undefined) return undefined;
    const folder = mkdtempSync(join(tmpdir(), "testbro-compose-"));
    chmodSync(folder, 0o755);
    const [port = 0] = await freePorts(1);
    const { certificateFile } = selfSigned(folder, "tls", ["localhost", "127.0.0.1"]);
    const project = new ComposeProject(found, folder, port, certificateFile);
    project.write();
    await project.compose("up", "--detach", "--wait", "--wait-timeout", "180");
    return project;
  }

  get url(): string {
    return `https://localhost:${this.port}/`;
  }

  /** A `docker compose` command that must succeed. */
  compose(...args: string[]): Promise<string> {
    const { clientBin } = this.tools;
    return must(clientBin, ["compose", "--project-name", this.name, "--file", join(this.folder, "compose.yaml"), ...args], {
      env: this.env,
      timeout: 240_000,
    });
  }

  /** A docker command on the project's engine. */
  docker(...args: string[]): Promise<Result> {
    return run(this.tools.clientBin, args, { env: this.env, timeout: 60_000 });
  }

  /** Running containers of the scaled service, as `docker compose` itself sees them. */
  async replicas(): Promise<{ Name: string; Health: string }[]> {
    const output = await this.compose("ps", "--format", "json", "frontend");
    return output
      .split("\n")
      .filter(Boolean)
      .flatMap(
        (line) => JSON.parse(line) as { Name: string; Health: string; State: string }[] | { Name: string; Health: string; State: string },
      )
      .filter(({ State }) => State === "running");
  }

  /** What the auto-scaler says of the service. */
  async status(): Promise<{ services: { name: string; desired: number; decision: { reason: string } }[]; problems: string[] }> {
    const ask = 'fetch("http://127.0.0.1:9095/api/status").then(async (answer) => console.log(await answer.text()))';
    return JSON.parse(await this.compose("exec", "--no-TTY", "autoscaler", "node", "-e", ask)) as Awaited<
      ReturnType<ComposeProject["status"]>
    >;
  }

  async down(): Promise<void> {
    await this.compose("down", "--volumes", "--remove-orphans", "--timeout", "5");
    rmSync(this.folder, { recursive: true, force: true });
  }

  private get env(): Record<string, string> {
    return { DOCKER_HOST: this.tools.host, ...this.tools.composeEnv };
  }

  private write(): void {
    const file = (name: string, content: string) => {
      writeFileSync(join(this.folder, name), content, { mode: 0o644 });
      return `./${name}`;
    };
    const nginx = renderNginx({
      hosts: ["localhost"],
      processes: { workers: 1 },
      routes: [{ name: "all", path: "/", to: { host: "frontend", port: 3000 }, strategy: "least-connections" }],
      tls: { hsts: false, certificates: [{ certificateFile: "/etc/nginx/tls.pem", keyFile: "/etc/nginx/tls.key" }] },
      ports: { http: 8080, https: 8443, status: 8081, publicHttps: this.port },
    });
    const prometheus = {
      global: { scrape_interval: "5s" },
      scrape_configs: [{ job_name: "frontend", dns_sd_configs: [{ names: ["frontend"], type: "A", port: 9464, refresh_interval: "5s" }] }],
    };
    file("gate-token", `token-${process.pid}-${Date.now().toString(36)}`);
    const { images, host } = this.tools;
    const health = (...test: string[]) => ({ test: ["CMD", ...test], interval: "2s", timeout: "5s", retries: 5, start_period: "20s" });
    const secret = "./gate-token:/run/secrets/gate-token:ro";
    const socket = host.replace(/^unix:\/\//, "");
    const services = {
      balancer: {
        image: images["nginx"],
        ports: [`127.0.0.1:${this.port}:8443`],
        volumes: [
          `${file("nginx.conf", nginx)}:/etc/nginx/nginx.conf:ro`,
          "./tls.pem:/etc/nginx/tls.pem:ro",
          "./tls.key:/etc/nginx/tls.key:ro",
        ],
        tmpfs: ["/run/nginx:mode=1777", "/var/cache/nginx:mode=1777"],
        depends_on: { frontend: { condition: "service_healthy" } },
      },
      frontend: {
        image: images["frontend"],
        scale: 2,
        environment: { PORT: "3000", METRICS_PORT: "9464", DRAIN_SECONDS: "5" },
        stop_grace_period: "20s",
        cpus: 0.5,
        mem_limit: "256m",
        healthcheck: health("testbro-http-health", "3000", "/"),
        labels: {
          "autoscaler.enable": "true",
          "autoscaler.min_replicas": "2",
          "autoscaler.max_replicas": "5",
          "autoscaler.target_requests_per_second": String(TARGET),
          "autoscaler.requests_query": "sum(rate(testbro_http_requests_total[15s]))",
        },
      },
      prometheus: {
        image: images["prometheus"],
        volumes: [`${file("prometheus.yml", stringify(prometheus))}:/etc/prometheus/prometheus.yml:ro`],
        healthcheck: health("testbro-http-health", "9090", "/-/healthy"),
      },
      gate: {
        image: images["autoscaler"],
        command: ["gate"],
        group_add: [socketGroup(socket)],
        environment: { AUTOSCALER_TARGET: "compose", AUTOSCALER_PROJECT: this.name, AUTOSCALER_GATE_TOKEN_FILE: "/run/secrets/gate-token" },
        volumes: [`${socket}:/var/run/docker.sock`, secret],
        healthcheck: health("testbro-http-health", "9096", "/health"),
      },
      autoscaler: {
        image: images["autoscaler"],
        environment: {
          AUTOSCALER_GATE: "http://gate:9096",
          AUTOSCALER_GATE_TOKEN_FILE: "/run/secrets/gate-token",
          PROMETHEUS_URL: "http://prometheus:9090",
          CHECK_INTERVAL: "5",
          SCALE_UP_COOLDOWN: "5",
          SCALE_DOWN_COOLDOWN: "10",
          STABILIZATION_WINDOW: "30",
        },
        volumes: [secret],
        healthcheck: health("testbro-http-health", "9095", "/health"),
        depends_on: { gate: { condition: "service_healthy" }, prometheus: { condition: "service_healthy" } },
      },
    };
    file("compose.yaml", stringify({ services }));
  }
}

/** Group that owns the engine's socket. */
function socketGroup(socket: string): string {
  return String(statSync(socket).gid);
}
