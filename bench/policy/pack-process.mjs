// Starts a policy pack the way the Pulumi CLI does and speaks its protocol.
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

const require = createRequire(new URL("../../policy/package.json", import.meta.url));
const grpc = require("@grpc/grpc-js");
const { AnalyzerClient } = require("@pulumi/pulumi/proto/analyzer_grpc_pb");
const messages = require("@pulumi/pulumi/proto/analyzer_pb");
const { Struct } = require("google-protobuf/google/protobuf/struct_pb");
const { Empty } = require("google-protobuf/google/protobuf/empty_pb");

/** The largest message the CLI sends: 400 MiB. */
const OPTIONS = { "grpc.max_send_message_length": -1, "grpc.max_receive_message_length": -1 };

/**
 * Starts a pack and waits until it answers.
 *
 * @param {string} folder the pack's folder, relative to this file
 * @param {NodeJS.ProcessEnv} [env]
 */
export async function startPack(folder, env = {}) {
  const path = fileURLToPath(new URL(folder, import.meta.url));
  const began = performance.now();
  const child = spawn(process.execPath, [require.resolve("@pulumi/pulumi/cmd/run-policy-pack/index.js"), "127.0.0.1:1", path], {
    cwd: fileURLToPath(new URL("../../policy/pack", import.meta.url)),
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const port = await new Promise((resolve, reject) => {
    let text = "";
    child.stdout.on("data", (chunk) => {
      text += chunk;
      if (/^\d+\n/m.test(text)) resolve(/^(\d+)\n/m.exec(text)[1]);
    });
    child.once("exit", (code) => reject(new Error(`the pack ended with ${code}`)));
  });
  const client = new AnalyzerClient(`127.0.0.1:${port}`, grpc.credentials.createInsecure(), OPTIONS);
  const call = (method, request) =>
    new Promise((resolve, reject) => client[method](request, (error, response) => (error ? reject(error) : resolve(response))));
  const cpu = () => {
    const fields = readFileSync(`/proc/${child.pid}/stat`, "utf8").split(") ")[1].split(" ");
    return (Number(fields[11]) + Number(fields[12])) * 10;
  };
  const info = await call("getAnalyzerInfo", new Empty());
  return {
    /** Milliseconds of processor time until the first answer. */
    startCpu: cpu(),
    /** Milliseconds from the start of the process to its first answer. */
    started: performance.now() - began,
    policies: info.getPoliciesList().length,
    /** @param {{ type: string, name: string, props: object }} resource */
    analyze: (resource) => call("analyze", request(resource)),
    /** @param {{ type: string, name: string, props: object }[]} resources */
    analyzeStack: (resources) => {
      const all = new messages.AnalyzeStackRequest();
      all.setResourcesList(resources.map(stackResource));
      return call("analyzeStack", all);
    },
    /**
     * Milliseconds of processor time the pack has used. Unlike the time on the wall it does not depend on what else runs on the machine.
     * Fields 14 and 15 of /proc/PID/stat, in hundredths of a second (proc(5), USER_HZ).
     */
    cpu,
    /** Resident memory of the pack in MiB. */
    memory: () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, "utf8"))[1]) / 1024,
    stop: () => {
      client.close();
      child.removeAllListeners("exit");
      child.kill();
    },
  };
}

function fill(message, { type, name, props }) {
  message.setType(type);
  message.setName(name);
  message.setUrn(`urn:pulumi:bench::bench::${type}::${name}`);
  message.setProperties(Struct.fromJavaScript(props));
  const options = new messages.AnalyzerResourceOptions();
  options.setCustomtimeouts(new messages.AnalyzerResourceOptions.CustomTimeouts());
  message.setOptions(options);
  return message;
}

const request = (resource) => fill(new messages.AnalyzeRequest(), resource);
const stackResource = (resource) => fill(new messages.AnalyzerResource(), resource);
