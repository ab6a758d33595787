import { hostname } from "node:os";
import pino, { type Logger } from "pino";
import type { ServiceSettings } from "./settings";

/**
 * A logger that writes one JSON object a line to standard output: level by name, time in ISO 8601, the service,
 * its version and the replica (the container's host name), so that lines of many replicas can share one store.
 */
export function createLogger(service: string, { logLevel, version }: Pick<ServiceSettings, "logLevel" | "version">): Logger {
  return pino({
    level: logLevel,
    base: { service, version, replica: hostname() },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    serializers: { err: pino.stdSerializers.err },
  });
}
