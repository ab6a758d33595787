import type { Fixtures } from "../fixtures/fixtures";
import { swapRule } from "./swap";
import { edit, unknownAt, REMOVE } from "../fixtures/edit";
import * as docker from "../fixtures/docker";

export const fixtures: Fixtures = {
  rule: swapRule,
  good: [docker.container],
  bad: [edit(docker.container, { memorySwap: REMOVE }), edit(docker.container, { memorySwap: -1 })],
  unknown: [unknownAt(docker.container, "memorySwap")],
};
