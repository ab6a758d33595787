import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { ToolchainError } from "../../toolchain/errors.mjs";

/**
 * What somebody wants to read.
 * @typedef {object} Wanted
 * @property {string | undefined} service the end of a service's name, or all of it; undefined: every service
 * @property {boolean} follow whether to go on with what is still to come
 * @property {string | undefined} since a time or an age, as docker takes it, e.g. "10m"
 * @property {string | undefined} request id of the one request whose lines are wanted
 */

const USAGE = "npm run logs -- SERVICE [--follow] [--since 10m] [--request ID]; without SERVICE, with --request: all services";

/**
 * @param {string[]} args
 * @returns {Wanted}
 * @throws ToolchainError naming what is wrong, and how it is written
 */
export function wanted(args) {
  /** @type {ReturnType<typeof parse>} */
  let parsed;
  try {
    parsed = parse(args);
  } catch (error) {
    throw new ToolchainError(`${/** @type {Error} */ (error).message}. Fix: ${USAGE}.`);
  }
  const { values, positionals } = parsed;
  if (positionals.length > 1) throw new ToolchainError(`${positionals.slice(1).join(" ")}: one service at a time. Fix: ${USAGE}.`);
  if (positionals.length === 0 && values.request === undefined) throw new ToolchainError(`Which service's logs? Fix: ${USAGE}.`);
  if (values.since !== undefined && !/^(\d+(\.\d+)?(s|m|h))+$|^\d{4}-\d\d-\d\d/.test(values.since)) {
    throw new ToolchainError(`--since "${values.since}" is neither an age nor a time. Fix: write e.g. 10m, 2h or 2026-01-31T12:00:00.`);
  }
  if (values.request !== undefined && !/^[\w.:-]{1,128}$/.test(values.request)) {
    throw new ToolchainError(`--request "${values.request}" is not a request's id. Fix: copy it from the answer's header x-request-id.`);
  }
  return { service: positionals[0], follow: values.follow ?? false, since: values.since, request: values.request };
}

/** @param {string[]} args */
function parse(args) {
  const options = /** @type {const} */ ({
    follow: { type: "boolean", short: "f" },
    since: { type: "string" },
    request: { type: "string" },
  });
  return parseArgs({ args, options, allowPositionals: true });
}

/**
 * The services to read.
 * @param {string | undefined} service @param {string} stack start of every name @param {string[]} running names of what runs
 * @throws ToolchainError naming those that run
 */
export function servicesOf(service, stack, running) {
  if (service === undefined) return running;
  const found = running.find((name) => name === service || name === `${stack}-${service}`);
  if (found) return [found];
  const names = running.map((name) => name.replace(`${stack}-`, "")).join(", ");
  throw new ToolchainError(
    `${service}: no such service runs. Fix: ${running.length > 0 ? `write one of ${names}` : "start the stack, npm run up"}.`,
  );
}

/**
 * Fields of log lines that name a request. nginx: its own id, and what a client called it; Traefik: what a client called it, and what the
 * app answered; the app: what it got from the balancer, or its own.
 */
const ID_FIELDS = ["request_id", "client_request_id", "request_X-Request-Id", "downstream_X-Request-Id", "requestId"];

/** Whether a line is about a request. @param {string} line @param {string} request */
export function isAbout(line, request) {
  if (!line.includes(request)) return false;
  try {
    const fields = JSON.parse(line);
    return ID_FIELDS.some((name) => fields[name] === request);
  } catch {
    return false;
  }
}

/**
 * Prints the lines of a service as they come.
 * @param {import("./docker.mjs").Docker} docker @param {string} service @param {Wanted} wanted @param {(line: string) => void} print
 * @returns {Promise<void>} when there are no more, or the reader has had enough
 */
export function read(docker, service, { follow, since, request }, print) {
  const args = ["service", "logs", "--raw", ...(follow ? ["--follow"] : []), ...(since === undefined ? [] : ["--since", since]), service];
  return new Promise((resolve, reject) => {
    const child = spawn(docker.bin, args, { env: docker.env, stdio: ["ignore", "pipe", "pipe"] });
    let errors = "";
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on("line", (line) => {
        if (stream === child.stderr && /^(error|Error response)/.test(line)) errors += `${line}\n`;
        else if (request === undefined || isAbout(line, request)) print(line);
      });
    }
    child.on("error", reject);
    child.on("close", (code, signal) => {
      if (code === 0 || signal !== null) resolve();
      else reject(new ToolchainError(`The logs of ${service} cannot be read:\n${errors.trim() || `docker ended with code ${code}`}`));
    });
  });
}
