import type * as docker from "@pulumi/docker";
import { timingOf, type Probe, type Ref } from "../../workload";

/** Quotes a word for `sh`. */
function quote(word: string): string {
  return `'${word.replace(/'/g, `'\\''`)}'`;
}

/** A bash script that asks over plain HTTP and succeeds on 2xx and 3xx, as curl and wget do. */
function bashHttp(port: number, path: string): string {
  const request = `GET ${path} HTTP/1.1\\r\\nHost: localhost\\r\\nConnection: close\\r\\n\\r\\n`;
  return `exec 3<>/dev/tcp/127.0.0.1/${port} && printf %b ${quote(request)} >&3 && read -r _ status _ <&3 && { [[ $status == [23]?? ]] || { echo "answered $status"; exit 1; }; }`;
}

/**
 * The command that asks an HTTP question from inside the container. Swarm knows only commands, and which client an image
 * has is the image's affair: bash, curl, wget or node, whichever is there first (bash costs least). None of them: unhealthy.
 * Any status below 400 is healthy, as with Kubernetes' HTTP probes. A certificate is not verified: it is not for 127.0.0.1.
 */
function httpCommand(scheme: "http" | "https", port: number, path: string, timeout: number): string[] {
  const url = `${scheme}://127.0.0.1:${port}${path}`;
  const fetchOnce = `fetch(process.argv[1],{signal:AbortSignal.timeout(${timeout * 1000})}).then(r=>process.exit(r.status<400?0:1),()=>process.exit(1))`;
  const script = [
    ...(scheme === "http"
      ? [`if command -v bash >/dev/null; then exec timeout ${timeout} bash -c ${quote(bashHttp(port, path))}; fi`]
      : []),
    `if command -v curl >/dev/null; then exec curl -fsSk -o /dev/null --max-time ${timeout} ${quote(url)}; fi`,
    `if command -v wget >/dev/null; then exec wget -q --no-check-certificate -T ${timeout} -O /dev/null ${quote(url)}; fi`,
    `export NODE_TLS_REJECT_UNAUTHORIZED=0; exec node -e ${quote(fetchOnce)} ${quote(url)}`,
  ].join("; ");
  return ["CMD-SHELL", script];
}

/** The command that opens a TCP connection from inside the container, with bash, nc or node. */
function tcpCommand(port: number, timeout: number): string[] {
  const connect = `const s=require('net').connect(${port},'127.0.0.1',()=>process.exit(0));s.on('error',()=>process.exit(1))`;
  const script = [
    `if command -v bash >/dev/null; then exec timeout ${timeout} bash -c ${quote(`exec 3<>/dev/tcp/127.0.0.1/${port}`)}; fi`,
    `if command -v nc >/dev/null; then exec nc -z -w ${timeout} 127.0.0.1 ${port}; fi`,
    `exec node -e ${quote(connect)}`,
  ].join("; ");
  return ["CMD-SHELL", script];
}

/** A probe as a Swarm health check, every timing written out. */
export function healthcheck(
  ref: Ref,
  probe: Probe,
  ports: Readonly<Record<string, number>>,
): docker.types.input.ServiceTaskSpecContainerSpecHealthcheck {
  const timing = timingOf(probe);
  const portOf = (name: string): number => {
    const port = ports[name];
    if (port === undefined) throw new Error(`${ref.name}: no port "${name}"`);
    return port;
  };
  const tests =
    "http" in probe
      ? httpCommand(probe.http.scheme ?? "http", portOf(probe.http.port), probe.http.path, timing.timeout)
      : "tcp" in probe
        ? tcpCommand(portOf(probe.tcp.port), timing.timeout)
        : ["CMD", ...probe.exec];
  return {
    tests,
    interval: duration(timing.interval),
    timeout: duration(timing.timeout),
    retries: timing.retries,
    startPeriod: duration(timing.startPeriod),
  };
}

/**
 * Seconds as the Docker provider reads a duration back, e.g. 60 → `1m`, 90 → `1m30s`, 3605 → `1h0m5s`: the form in which a
 * refresh sees no change. Finer than a millisecond is rounded.
 */
export function duration(seconds: number): string {
  const milliseconds = Math.round(seconds * 1000);
  if (milliseconds < 1000) return milliseconds === 0 ? "0s" : `${milliseconds}ms`;
  const hours = Math.floor(milliseconds / 3_600_000);
  const minutes = Math.floor((milliseconds % 3_600_000) / 60_000);
  const rest = (milliseconds % 60_000) / 1000;
  const parts = [hours > 0 ? `${hours}h` : "", hours > 0 || minutes > 0 ? `${minutes}m` : "", `${rest}s`].join("");
  return parts.replace(/m0s$/, "m").replace(/h0m$/, "h");
}
