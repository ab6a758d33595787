import { readFileSync } from "node:fs";
import { request as plain } from "node:http";
import { request as secure } from "node:https";
import { connect, isIP } from "node:net";
import type { ProbedUpstream } from "@testbro/components/load-balancer/nginx";
import type { Finding } from "./core/replica";

/** What else than the answer ends a probe. */
type End = (finding: Finding) => void;

/** Milliseconds by which a timeout may be late before it says more about this process than about the replica. */
const LATE_MS = 500;

/** Starts asking. @returns how to stop it */
function ask(upstream: ProbedUpstream, address: string, end: End): () => void {
  const { port, check, tls } = upstream;
  const fail = (error: NodeJS.ErrnoException) => end({ ok: false, reason: error.code ?? error.message });
  if ("tcp" in check) {
    const socket = connect(port, address, () => end({ ok: true }));
    socket.on("error", fail);
    return () => void socket.destroy();
  }
  const options = {
    host: address,
    port,
    path: check.path,
    // A connection of its own: whether the replica takes new ones is part of the question.
    agent: false,
    headers: { host: isIP(check.host) === 6 ? `[${check.host}]:${port}` : `${check.host}:${port}`, "user-agent": "testbro-nginx-prober" },
  };
  const sent = tls ? secure({ ...options, ca: readFileSync(tls.caFile), servername: tls.serverName }) : plain(options);
  sent.on("response", ({ statusCode = 0 }) => {
    end(statusCode >= 200 && statusCode < 400 ? { ok: true } : { ok: false, reason: `status ${statusCode}` });
  });
  sent.on("error", fail);
  sent.end();
  return () => void sent.destroy();
}

/**
 * Asks a replica once.
 * @returns undefined when nothing can be said of it, because this process itself stood still
 */
export function probe(upstream: ProbedUpstream, address: string): Promise<Finding | undefined> {
  return new Promise((resolve) => {
    let stop = (): void => undefined;
    const end = (finding: Finding | undefined): void => {
      clearTimeout(timer);
      resolve(finding);
      stop();
    };
    const due = performance.now() + upstream.timeout * 1000;
    const timer = setTimeout(() => {
      const late = performance.now() - due > LATE_MS;
      // An answer may wait to be read: it gets its turn first.
      setTimeout(() => end(late ? undefined : { ok: false, reason: `no answer within ${upstream.timeout} s` }), 1);
    }, upstream.timeout * 1000);
    try {
      stop = ask(upstream, address, end);
    } catch (error) {
      end({ ok: false, reason: (error as Error).message });
    }
  });
}
