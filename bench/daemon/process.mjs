// The daemon in a process of its own, put together as `testbro-autoscaler run` does, and bundled as its image is; only its clock is set
// from outside, turn by turn.
import { assemble, settingsFrom } from "../../autoscaler/cli/assemble";
import { createServer } from "../../autoscaler/server/server";

const clock = { time: 0 };
/** Since the last turn's end: what was asked of the daemon in between counts too. */
let before = process.cpuUsage();
const { daemon, metrics } = assemble(settingsFrom(undefined, process.env), { now: () => clock.time, steady: () => clock.time });
const server = createServer({ daemon, metrics });

process.on("message", async (/** @type {{time: number} | "end"} */ message) => {
  if (message === "end") {
    await daemon.stop();
    await server.close();
    process.disconnect();
    return;
  }
  clock.time = message.time;
  const started = performance.now();
  await daemon.cycle();
  const { user, system } = process.cpuUsage(before);
  before = process.cpuUsage();
  const { services, problems } = daemon.status();
  process.send?.({
    cpu: (user + system) / 1e6,
    wall: (performance.now() - started) / 1000,
    resident: process.memoryUsage.rss() / 1e6,
    peak: process.resourceUsage().maxRSS / 1000,
    services: services.length,
    problems,
  });
});
void server.listen({ host: "127.0.0.1", port: 0 }).then((address) => {
  before = process.cpuUsage();
  process.send?.({ address });
});
