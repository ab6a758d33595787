/** Runs in a client's namespace and does what {@link Client.run} asks for. */
import { tasks, type Tasks } from "./tasks";

process.on("message", ({ id, task, args }: { id: number; task: keyof Tasks; args: unknown[] }) => {
  const work = tasks[task] as (...given: unknown[]) => Promise<unknown>;
  work(...args).then(
    (result) => process.send?.({ id, result }),
    (error: Error) => process.send?.({ id, error: error.message }),
  );
});
// The test is over, however it ended.
process.on("disconnect", () => process.exit());
