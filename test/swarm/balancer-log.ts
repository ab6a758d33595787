import { setTimeout as sleep } from "node:timers/promises";
import { type LoggedRequest, parseAccessLog } from "../load";
import type { Engine } from "./engine";

/** The balancer writes its log at least once a second; then it takes the engine's log driver a moment. */
const FLUSH_MILLISECONDS = 2500;

/** What the balancer's replicas logged since a moment, those included that are gone by now. */
export async function balancerLog(engine: Engine, service: string, since: Date): Promise<LoggedRequest[]> {
  await sleep(FLUSH_MILLISECONDS);
  return parseAccessLog(await engine.docker("service", "logs", "--raw", "--since", since.toISOString(), service));
}
