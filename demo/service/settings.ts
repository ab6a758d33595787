import { readFileSync } from "node:fs";
import { type Fault, parseFault } from "./fault";

/** What is wrong with the environment: every problem, each naming key, value and fix. */
export class SettingsError extends Error {
  constructor(readonly problems: readonly string[]) {
    super(`The service cannot start with this environment:\n${problems.map((problem) => `  - ${problem}`).join("\n")}`);
    this.name = "SettingsError";
  }
}

/** Settings of every service. */
export interface ServiceSettings {
  /** Port of the service, `PORT`. */
  port: number;
  /** Port of `/metrics`, `METRICS_PORT`; 9464 unless said (the OpenTelemetry Prometheus exporter's default). */
  metricsPort: number;
  /** Seconds between SIGTERM and the closing of the listening socket, `DRAIN_SECONDS`, 5 unless said. */
  drainSeconds: number;
  /** Least severe level that is logged, `LOG_LEVEL`, `info` unless said. */
  logLevel: string;
  /** What is running, `APP_VERSION`, `development` unless said. Shown by the service, its logs and its metrics. */
  version: string;
  /** A failure to act out, `FAULT`, for tests of the platform. */
  fault: Fault;
}

const LOG_LEVELS = ["fatal", "error", "warn", "info", "debug", "trace", "silent"];

/**
 * Reads settings from an environment and from the files it names, and gathers every problem instead of stopping at the first.
 * A method that finds a problem returns a placeholder of the right type; call `finish()` before using any value.
 */
export class SettingsReader {
  readonly #problems: string[] = [];

  constructor(readonly environment: NodeJS.ProcessEnv) {}

  /** A non-empty text; the fallback when the key is absent or empty; without a fallback the key is required. */
  text(key: string, fallback?: string): string {
    const value = this.environment[key]?.trim();
    if (value) return value;
    if (fallback !== undefined) return fallback;
    return this.problem(`${key} is not set: set it`, "");
  }

  /** One of a few words. */
  choice(key: string, choices: readonly string[], fallback: string): string {
    const value = this.text(key, fallback);
    return choices.includes(value) ? value : this.problem(`${key} is "${value}": use one of ${choices.join(", ")}`, fallback);
  }

  /** A number within bounds, whole unless `fraction` is true. */
  number(key: string, bounds: { min: number; max: number; fraction?: boolean }, fallback: number): number {
    const text = this.text(key, String(fallback));
    const value = /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : NaN;
    if (value >= bounds.min && value <= bounds.max && (bounds.fraction || Number.isInteger(value))) return value;
    return this.problem(
      `${key} is "${text}": use a ${bounds.fraction ? "" : "whole "}number from ${bounds.min} to ${bounds.max}`,
      fallback,
    );
  }

  /** A TCP port. */
  port(key: string, fallback: number): number {
    return this.number(key, { min: 1, max: 65535 }, fallback);
  }

  /**
   * The path of a file that exists, is readable and not empty. Undefined when the key is absent, a problem if it is required.
   * Only the path is kept: a secret is read at its use, so that a rotated file is picked up and no copy lingers.
   */
  file(key: string, what: string, { required = false } = {}): string | undefined {
    const path = this.environment[key]?.trim();
    if (!path) return required ? this.problem(`${key} is not set: set it to the path of a file with ${what}`, undefined) : undefined;
    try {
      if (readFileSync(path, "utf8").trim() !== "") return path;
      return this.problem(`${key} is "${path}", an empty file: write ${what} into it`, undefined);
    } catch (error) {
      const reason = (error as NodeJS.ErrnoException).code ?? String(error);
      return this.problem(`${key} is "${path}", which cannot be read (${reason}): mount a file with ${what} there`, undefined);
    }
  }

  /** A value of another form; `parse` returns undefined for what it does not accept. */
  parsed<T>(key: string, parse: (text: string) => T | undefined, expected: string, fallback: string): T {
    const text = this.text(key, fallback);
    const value = parse(text);
    return value !== undefined ? value : this.problem(`${key} is "${text}": use ${expected}`, parse(fallback) as T);
  }

  /** Records a problem and returns a placeholder for the value that could not be read. */
  problem<T>(message: string, placeholder: T): T {
    this.#problems.push(message);
    return placeholder;
  }

  /** @throws SettingsError naming every problem found so far, if there is any. */
  finish(): void {
    if (this.#problems.length > 0) throw new SettingsError(this.#problems);
  }
}

/** Reads what every service needs; the caller adds its own keys with the same reader and then calls `finish()`. */
export function readServiceSettings(reader: SettingsReader, defaults: { port: number }): ServiceSettings {
  const settings: ServiceSettings = {
    port: reader.port("PORT", defaults.port),
    metricsPort: reader.port("METRICS_PORT", 9464),
    drainSeconds: reader.number("DRAIN_SECONDS", { min: 0, max: 300, fraction: true }, 5),
    logLevel: reader.choice("LOG_LEVEL", LOG_LEVELS, "info"),
    version: reader.text("APP_VERSION", "development"),
    fault: reader.parsed("FAULT", parseFault, "none, never-healthy or crash-after:SECONDS", "none"),
  };
  if (settings.port === settings.metricsPort) {
    reader.problem(`METRICS_PORT is "${settings.metricsPort}", the same as PORT: give each its own port`, undefined);
  }
  return settings;
}
