import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { mergeOptions } from "@testbro/components/workload";
import { CHECKOUT, run, type Result } from "../swarm/commands";

/** The Pulumi CLI with everything it needs. */
export interface Pulumi {
  bin: string;
  env: NodeJS.ProcessEnv;
}

/** A stack's configuration by key, without the project. */
export type Configuration = Readonly<Record<string, unknown>>;

/** What the checkout's file says of a stack. */
export function configurationOf(stack: string): Configuration {
  const { config } = parse(readFileSync(join(CHECKOUT, `Pulumi.${stack}.yaml`), "utf8")) as { config: Configuration };
  return Object.fromEntries(Object.entries(config).map(([key, value]) => [key.replace(/^testbro:/, ""), value]));
}

/** A stack with state, secrets and configuration in a folder of its own. The checkout is only read. */
export class Stack {
  private salt: Record<string, string> = {};

  private constructor(
    private readonly pulumi: Pulumi,
    private readonly folder: string,
    private readonly project: { name: string; folder: string; stack: string },
    private configuration: Configuration,
  ) {}

  /**
   * @param folder of the stack, made here
   * @param project name of the Pulumi project, where its Pulumi.yaml is, and what the stack is called
   */
  static async make(
    pulumi: Pulumi,
    folder: string,
    configuration: Configuration,
    project = { name: "testbro", folder: CHECKOUT, stack: "production" },
  ): Promise<Stack> {
    mkdirSync(join(folder, "state"), { recursive: true, mode: 0o700 });
    const made = new Stack(pulumi, folder, project, configuration);
    // Pulumi writes the salt of the secrets beside the project file, and that must not be the checkout's.
    copyFileSync(join(project.folder, "Pulumi.yaml"), join(folder, "Pulumi.yaml"));
    const { code, output } = await made.cli(["stack", "init", project.stack, "--cwd", folder]);
    if (code !== 0) throw new Error(`pulumi stack init ended with code ${code}:\n${output}`);
    made.salt = parse(readFileSync(made.file, "utf8")) as Record<string, string>;
    return made;
  }

  private get file(): string {
    return join(this.folder, `Pulumi.${this.project.stack}.yaml`);
  }

  private cli(args: string[]): Promise<Result> {
    const env = {
      ...this.pulumi.env,
      PULUMI_BACKEND_URL: `file://${join(this.folder, "state")}`,
      PULUMI_CONFIG_PASSPHRASE: "only for this test",
    };
    return run(join(this.pulumi.bin, "pulumi"), ["--non-interactive", ...args], { env, timeout: 900_000 });
  }

  /** Any command on the stack, with its configuration and some values changed for this once. */
  attempt(args: string[], changes: Configuration = {}): Promise<Result> {
    const { name, folder, stack } = this.project;
    const values = Object.entries(mergeOptions(this.configuration, changes)).map(([key, value]) => [`${name}:${key}`, value] as const);
    writeFileSync(this.file, stringify({ ...this.salt, config: Object.fromEntries(values) }), { mode: 0o600 });
    const configured = args[0] === "stack" ? [] : ["--config-file", this.file];
    return this.cli([...args, "--stack", stack, "--cwd", folder, ...configured]);
  }

  /** Standard output of a command that must succeed. */
  async must(args: string[], changes?: Configuration): Promise<string> {
    const { code, stdout, output } = await this.attempt(args, changes);
    if (code !== 0) throw new Error(`pulumi ${args.join(" ")} ended with code ${code}:\n${output}`);
    return stdout;
  }

  /** `pulumi up` that may fail; the changes hold for this once. */
  tryUp(changes?: Configuration): Promise<Result> {
    return this.attempt(["up", "--yes", "--skip-preview", "--suppress-outputs"], changes);
  }

  /** `pulumi up` that must succeed; the changes stay. */
  async up(changes: Configuration = {}): Promise<void> {
    this.configuration = mergeOptions(this.configuration, changes);
    await this.must(["up", "--yes", "--skip-preview", "--suppress-outputs"]);
  }

  async outputs<T>(): Promise<T> {
    return JSON.parse(await this.must(["stack", "output", "--json", "--show-secrets"])) as T;
  }

  async destroy(): Promise<void> {
    await this.must(["destroy", "--yes", "--skip-preview"]);
  }
}
