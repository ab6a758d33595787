import { execFileSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { readlinkSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

/** What nginx may use, where it runs in a container. */
export interface Confines {
  /** Memory of the whole container. @example "256m" */
  memory?: string;
  /** Sizes of folders, which then are file systems of their own, in memory: of stored answers, of the runtime, of bodies. @example "8m" */
  cache?: string;
  run?: string;
  "run/bodies"?: string;
}

/** How nginx is run with some arguments and a directory it may read and write. */
export interface NginxCommand {
  /** Whether it runs in a container, so that {@link Confines} hold. */
  confines: boolean;
  run(folder: string, args: string[], confines?: Confines): Command;
  /** A script of the image with some environment; `signal` sends it a signal, by itself where that needs no command; `inside` runs beside it. */
  script(
    folder: string,
    name: string,
    env: Record<string, string>,
    confines?: Confines,
  ): Command & { signal: (name: string) => Command | undefined; inside(args: string[]): Command };
}

export interface Command {
  file: string;
  args: string[];
  env?: NodeJS.ProcessEnv;
}

/** Images whose programs are run here. The scripts of one lie in the folder `images/` has for it. */
export type ImageName = "nginx" | "acme";

/** Root folder of the checkout; this file runs from `test/dist/load-balancer`. */
const CHECKOUT = resolve(__dirname, "../../..");

/** Folders with the images' scripts. */
const SCRIPTS = ["images/nginx", "images/acme"].map((folder) => join(CHECKOUT, folder));

export async function module<T>(path: string): Promise<T> {
  return (await import(pathToFileURL(join(CHECKOUT, path)).href)) as T;
}

/**
 * nginx from the balancer's own image, on the engine the local stack uses, sharing this process's network: so both have to be in one
 * network namespace. A folder's nginx runs in one container; `-s` signals go into it.
 */
async function fromImage(image: ImageName): Promise<NginxCommand> {
  const { ensureEngine } = await module<{ ensureEngine(options: { home: string }): Promise<{ host: string; clientBin: string }> }>(
    "toolchain/docker/engine.mjs",
  );
  const { paths } = await module<{ paths(): { engine: string } }>("toolchain/paths.mjs");
  const { ensureBaseImage } = await module<{ ensureBaseImage(options: { host: string }): Promise<string> }>("toolchain/images/base.mjs");
  const { buildImages } = await module<{
    buildImages(options: { host: string; base: string; only: string[] }): Promise<Record<string, string>>;
  }>("images/build.mjs");
  const { host, clientBin } = await ensureEngine({ home: paths().engine });
  const { [image]: nginx } = await buildImages({ host, base: await ensureBaseImage({ host }), only: [image] });
  if (nginx === undefined) throw new Error(`the image ${image} was not built`);
  const readlink = ["-H", host, "run", "--rm", "--network", "host", nginx, "readlink", "/proc/self/ns/net"];
  const namespace = execFileSync(clientBin, readlink, { encoding: "utf8", timeout: 60_000 }).trim();
  if (process.platform === "linux" && namespace !== readlinkSync("/proc/self/ns/net")) {
    throw new Error(`the engine at ${host} runs in another network namespace, so its nginx and these tests cannot reach each other`);
  }
  const names = new Map<string, string>();
  const container = (folder: string, name: string, { memory, ...sizes }: Confines = {}) => [
    ...["--rm", "--name", name, "--network", "host", "--volume", `${folder}:${folder}`, "--read-only"],
    ...(memory === undefined ? [] : ["--memory", memory, "--memory-swap", memory]),
    ...Object.entries(sizes).flatMap(([name, size]) => ["--tmpfs", `${folder}/${name}:rw,mode=1777,size=${size}`]),
  ];
  return {
    confines: true,
    run(folder, args, confines) {
      if (args.includes("-s")) return { file: clientBin, args: ["-H", host, "exec", names.get(folder) ?? "", "nginx", ...args] };
      const name = `testbro-nginx-test-${randomUUID().slice(0, 8)}`;
      if (!args.includes("-t")) names.set(folder, name);
      return { file: clientBin, args: ["-H", host, "run", ...container(folder, name, confines), nginx, "nginx", ...args] };
    },
    script(folder, script, env, confines) {
      const name = `testbro-nginx-test-${randomUUID().slice(0, 8)}`;
      const variables = Object.entries(env).flatMap(([key, value]) => ["--env", `${key}=${value}`]);
      return {
        file: clientBin,
        args: ["-H", host, "run", ...container(folder, name, confines), ...variables, nginx, script],
        signal: (signal) => ({ file: clientBin, args: ["-H", host, "kill", "--signal", signal, name] }),
        inside: (command) => ({ file: clientBin, args: ["-H", host, "exec", name, ...command] }),
      };
    },
  };
}

/**
 * An nginx on this machine; the images' scripts run from the checkout and find it on their PATH, so it has to be called nginx. Its Lua
 * module finds its modules in the checkout too.
 */
function fromProgram(program: string): NginxCommand {
  process.env["LUA_PATH"] ??= `${join(CHECKOUT, "images/nginx/lua")}/?.lua;;`;
  return {
    confines: false,
    run: (_folder, args) => ({ file: program, args }),
    script: (_folder, name, env) => ({
      file: name,
      args: [],
      env: {
        ...process.env,
        NGINX_PROBER: join(CHECKOUT, "prober/dist/main.js"),
        ...env,
        PATH: [...SCRIPTS, dirname(program), process.env["PATH"] ?? ""].join(":"),
      },
      signal: () => undefined,
      inside: ([command = "", ...rest]) => ({ file: command, args: rest }),
    }),
  };
}

const found = new Map<ImageName, Promise<NginxCommand>>();

/**
 * The nginx to test with: the program TESTBRO_NGINX names (1.29.6 or newer, with the brotli and Lua modules), else the one in the
 * image. Looked for once.
 */
export function nginxCommand(image: ImageName = "nginx"): Promise<NginxCommand> {
  const own = process.env["TESTBRO_NGINX"];
  const command = found.get(image) ?? (own ? Promise.resolve(fromProgram(own)) : fromImage(image));
  found.set(image, command);
  return command;
}
