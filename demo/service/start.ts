import { SettingsError } from "./settings";

/**
 * Runs a service's main function. Bad settings end the process with their explanation alone, anything else that stops
 * the start with its stack; exit code 1 either way.
 */
export function startService(main: () => Promise<void>): void {
  main().catch((error: unknown) => {
    process.stderr.write(`${error instanceof SettingsError ? error.message : error instanceof Error ? error.stack : String(error)}\n`);
    process.exit(1);
  });
}
