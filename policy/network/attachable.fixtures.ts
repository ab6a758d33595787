import type { Fixtures } from "../fixtures/fixtures";
import { attachableRule } from "./attachable";
import { edit, unknownAt } from "../fixtures/edit";
import * as docker from "../fixtures/docker";

export const fixtures: Fixtures = {
  rule: attachableRule,
  good: [docker.network],
  bad: [edit(docker.network, { attachable: true })],
  unknown: [unknownAt(docker.network, "attachable")],
};
