import type { Fixtures } from "../fixtures/fixtures";
import { internalDataRule } from "./internal-data";
import { edit, unknownAt, REMOVE } from "../fixtures/edit";
import * as docker from "../fixtures/docker";

export const fixtures: Fixtures = {
  rule: internalDataRule,
  good: [docker.network, { ...docker.network, name: "edge", props: { driver: "overlay", options: { encrypted: "true" } } }],
  bad: [edit(docker.network, { internal: REMOVE })],
  unknown: [unknownAt(docker.network, "internal")],
};
