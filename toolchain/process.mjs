// Running other programs and finding them.
import { spawn } from "node:child_process";
import { accessSync, constants, readFileSync, statSync } from "node:fs";
import { delimiter, isAbsolute, join } from "node:path";
import { ToolchainError } from "./errors.mjs";

/**
 * @typedef {object} Result
 * @property {number} code Exit code; 127 when the program could not be started, 124 when it ran into the time limit.
 * @property {string} stdout
 * @property {string} stderr
 */

/**
 * @typedef {object} RunOptions
 * @property {NodeJS.ProcessEnv} [env] Default the process's.
 * @property {string} [cwd]
 * @property {number} [timeout] Milliseconds until it is ended; default none.
 * @property {string} [input] Written to its stdin, which is closed afterwards.
 * @property {(line: string) => void} [onLine] Every complete line of stdout and stderr as it comes.
 */

/**
 * Runs a program to its end. Never throws for a failing program: look at `code`.
 *
 * @param {string} command
 * @param {string[]} args
 * @param {RunOptions} [options]
 * @returns {Promise<Result>}
 */
export function run(command, args, { env = process.env, cwd, timeout, input, onLine } = {}) {
  return new Promise((done) => {
    const child = spawn(command, args, { env, cwd, stdio: [input === undefined ? "ignore" : "pipe", "pipe", "pipe"] });
    const output = { stdout: "", stderr: "" };
    let late = false;
    const timer = timeout === undefined ? undefined : setTimeout(() => ((late = true), child.kill("SIGKILL")), timeout);
    for (const name of /** @type {const} */ (["stdout", "stderr"])) {
      let rest = "";
      child[name]?.setEncoding("utf8").on("data", (/** @type {string} */ text) => {
        output[name] += text;
        if (!onLine) return;
        const lines = (rest + text).split(/[\r\n]+/);
        rest = lines.pop() ?? "";
        for (const line of lines) if (line) onLine(line);
      });
    }
    child.on("error", (error) => {
      clearTimeout(timer);
      done({ code: 127, stdout: output.stdout, stderr: output.stderr + error.message });
    });
    child.on("close", (code) => {
      clearTimeout(timer);
      done({ code: late ? 124 : (code ?? 1), ...output });
    });
    if (input !== undefined) {
      // A program that ends without reading its input is judged by its exit code, not by the broken pipe.
      child.stdin?.on("error", () => {});
      child.stdin?.end(input);
    }
  });
}

/**
 * Runs a program that must succeed.
 *
 * @param {string} command
 * @param {string[]} args
 * @param {RunOptions & { what?: string }} [options] `what`: what failed, for the error ("installing Docker").
 * @returns {Promise<string>} Its stdout.
 * @throws {ToolchainError} With the last lines of its output.
 */
export async function must(command, args, { what, ...options } = {}) {
  const result = await run(command, args, options);
  if (result.code === 0) return result.stdout;
  const how = result.code === 124 ? `did not end within ${(options.timeout ?? 0) / 1000} s` : `ended with code ${result.code}`;
  throw new ToolchainError(
    `${what ?? command} failed: \`${[command, ...args].join(" ")}\` ${how}.\n${lastLines(result.stderr || result.stdout)}`.trimEnd(),
  );
}

/**
 * The last lines of a text, indented for an error message.
 *
 * @param {string} text
 * @param {number} [count] Default 12.
 */
export function lastLines(text, count = 12) {
  return text
    .trimEnd()
    .split("\n")
    .slice(-count)
    .map((line) => `  ${line}`)
    .join("\n");
}

/** Where system programs live that a plain user's PATH often lacks. */
const SYSTEM_FOLDERS = ["/usr/local/sbin", "/usr/sbin", "/sbin"];

/**
 * Finds a program.
 *
 * @param {string} name
 * @param {NodeJS.ProcessEnv} [env] Whose PATH; default the process's.
 * @param {{ system?: boolean }} [options] `system`: look into the sbin folders too.
 * @returns {string | undefined} Its absolute path.
 */
export function find(name, env = process.env, { system = false } = {}) {
  const folders = (env.PATH ?? "").split(delimiter).filter((folder) => isAbsolute(folder));
  for (const folder of system ? [...folders, ...SYSTEM_FOLDERS] : folders) {
    const candidate = join(folder, name);
    if (isExecutable(candidate)) return candidate;
  }
  return undefined;
}

/** @param {string} path */
function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/**
 * When a process began, in a form that differs between two processes that got the same id one after the other.
 *
 * @param {number} pid
 * @returns {string | undefined} Undefined when there is no such process. On systems without /proc the answer is "unknown".
 */
export function startOf(pid) {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== "EPERM") return undefined;
  }
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The second field is the program's name in parentheses and may hold anything, so count from its end.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    // A zombie has ended; only its parent has not looked yet.
    return fields[0] === "Z" ? undefined : fields[19];
  } catch {
    return process.platform === "linux" ? undefined : "unknown";
  }
}

/**
 * The arguments of a running process, by /proc.
 *
 * @param {number} pid
 * @returns {string[]} Empty when there is none.
 */
export function argumentsOf(pid) {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0").slice(0, -1);
  } catch {
    return [];
  }
}

/** @param {number} milliseconds */
export const sleep = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));
