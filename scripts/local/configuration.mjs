import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { CHECKOUT } from "./checkout.mjs";
import { owner } from "./owner.mjs";

/** Name of the stack on this machine. */
export const STACK = "local";

/** Nothing runs while the stack is suspended, so any engine will do. */
const NO_ENGINE = { socket: "/var/run/docker.sock", group: 0 };

/**
 * Writes the stack's configuration file, outside the checkout: the checkout's `Pulumi.local.yaml`, the images built here, and
 * the encryption salt of the file that was there before, without which its secrets could not be read.
 * @param {string} file where to write
 * @param {Record<string, string>} images image reference by part; where there are none, those of the file that was there before
 * @param {boolean} suspended whether to keep only the data
 * @param {{socket: string, group: number}} [engine] the engine's socket; without it the one of the file that was there before
 */
export async function writeConfiguration(file, images, suspended, engine) {
  const { parse, stringify } = await import("yaml");
  const source = parse(readFileSync(join(CHECKOUT, `Pulumi.${STACK}.yaml`), "utf8"));
  const before = existsSync(file) ? parse(readFileSync(file, "utf8")) : {};
  const known = Object.keys(images).length > 0 ? images : before.config?.["testbro:images"];
  const config = { ...source.config, "testbro:images": { ...known, ...source.config?.["testbro:images"] } };
  config["testbro:engine"] = source.config?.["testbro:engine"] ?? engine ?? before.config?.["testbro:engine"] ?? NO_ENGINE;
  config["testbro:owner"] = owner();
  if (suspended) config["testbro:suspended"] = true;
  const salt = before.encryptionsalt ? { encryptionsalt: before.encryptionsalt } : {};
  writeFileSync(file, stringify({ ...salt, ...source, config }), { mode: 0o600 });
}

/**
 * Whether a key is set in the checkout's `Pulumi.local.yaml` or by a `--config` argument.
 * @param {string[]} args arguments for pulumi
 * @returns {Promise<(key: string) => boolean>}
 */
async function configuredKeys(args) {
  const { parse } = await import("yaml");
  const config = parse(readFileSync(join(CHECKOUT, `Pulumi.${STACK}.yaml`), "utf8")).config ?? {};
  const given = args.map((arg, index) => (["--config", "-c"].includes(args[index - 1] ?? "") ? arg : arg.replace(/^--config=/, "")));
  return (key) => `testbro:${key}` in config || given.some((text) => new RegExp(`^(testbro:)?${key}[.=]`).test(text));
}

/**
 * Values of the configuration that the scripts themselves need, after `--config KEY=VALUE` arguments are laid over the file.
 * @param {string} file the stack's configuration file
 * @param {string[]} args arguments for pulumi
 * @returns {Promise<{name: string, httpPort: number, httpsPort: number, loadBalancer: string}>}
 */
export async function readConfiguration(file, args) {
  const { parse } = await import("yaml");
  const config = { ...parse(readFileSync(file, "utf8")).config };
  for (const [index, arg] of args.entries()) {
    const assignment = arg === "--config" || arg === "-c" ? args[index + 1] : /^--config=(.*)$/.exec(arg)?.[1];
    const match = /^(?:testbro:)?([a-zA-Z]+)=(.*)$/.exec(assignment ?? "");
    if (match) config[`testbro:${match[1]}`] = match[2];
  }
  const defaults = parse(readFileSync(join(CHECKOUT, "Pulumi.yaml"), "utf8")).config;
  const value = (key) => config[`testbro:${key}`] ?? defaults[key].default;
  return {
    name: String(value("name")),
    httpPort: Number(value("httpPort")),
    httpsPort: Number(value("httpsPort")),
    loadBalancer: String(value("loadBalancer")),
  };
}

/**
 * Images of parts that the stack has only when it is told to.
 * @param {string[]} args arguments for pulumi
 * @returns {Promise<string[]>}
 */
export async function optionalImages(args) {
  const configured = await configuredKeys(args);
  const { loadBalancer } = await readConfiguration(join(CHECKOUT, `Pulumi.${STACK}.yaml`), args);
  return [...(configured("acme") ? ["acme"] : []), ...(loadBalancer === "traefik" ? ["traefik", "discovery"] : [])];
}
