import { bodyShareOf, largestBodyOf, takesBodiesIn } from "./bodies";
import { SIZE, type Check } from "./check";
import type { NginxOptions } from "./options";

/** Whether the largest body that a route takes in fits. Malformed sizes are reported elsewhere. */
export function checkBodies(check: Check, options: NginxOptions): void {
  check.at("bodySpace").matches(options.bodySpace, SIZE, "a size", "64m");
  if (!SIZE.test(options.bodySpace ?? "1m")) return;
  const share = bodyShareOf(options);
  for (const [index, route] of options.routes.entries()) {
    if (!takesBodiesIn(route) || !SIZE.test(route.maxBodySize ?? "1m") || largestBodyOf(route) <= share) continue;
    const enough = Math.ceil((2 * largestBodyOf(route)) / 2 ** 20);
    check
      .at("routes")
      .at(index)
      .at("maxBodySize")
      .report(
        `${route.maxBodySize ?? "1m"} does not fit in half of the space for request bodies`,
        `set bodySpace: "${enough}m" or more, with as much memory, or pass bodies on as they come: buffering: { request: false }`,
      );
  }
}
