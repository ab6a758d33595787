import * as pulumi from "@pulumi/pulumi";

/**
 * A frame whose file lies directly in a scope's folder, e.g. `node_modules/@pulumi/resource.ts`: where Pulumi's source maps place
 * its own files, which really lie one folder deeper.
 */
const FRAME = /(node_modules[\\/]@[^\\/\s]+)([\\/])([^\\/\s]+)$/gm;

/** Gives such frames the folder they lack. */
export function completeFrames(stack: string): string {
  return stack.replace(FRAME, (_frame, scope: string, separator: string, file: string) => [scope, "(source)", file].join(separator));
}

/**
 * Keeps every error's stack in a form that Node can print. Where a frame lies directly in a scope's folder, `util.inspect` with
 * colours (Node 20.20) appends to the same string until it is too long for one, half a minute of CPU time, and Pulumi
 * prints each error that way: a mistyped key would be reported after minutes.
 */
export function keepStackTracesPrintable(): void {
  const prepare = Error.prepareStackTrace;
  if (!prepare) return;
  Error.prepareStackTrace = (error, frames) => {
    // Pulumi notes where each of its promises was made, some thousand times, in errors without a message that nobody reads unless
    // it searches for a leak; finding their places in the sources took a seventh of a preview.
    if (error.message === "") return `${error.name}\n    at ${frames.join("\n    at ")}`;
    const stack: unknown = prepare(error, frames);
    return typeof stack === "string" ? completeFrames(stack) : stack;
  };
}

/**
 * A component's refusal is told without the place in the program where it was made: what a person can change is the configuration.
 * @returns the same error
 */
export function withoutStackTrace(error: unknown): unknown {
  if (pulumi.ResourceError.isInstance(error)) error.hideStack = true;
  return error;
}
