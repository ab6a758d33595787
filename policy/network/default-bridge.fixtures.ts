import type { Fixtures } from "../fixtures/fixtures";
import { defaultBridgeRule } from "./default-bridge";
import { edit, unknownAt, REMOVE } from "../fixtures/edit";
import * as docker from "../fixtures/docker";

export const fixtures: Fixtures = {
  rule: defaultBridgeRule,
  good: [docker.container, edit(docker.container, { networkMode: "none", networksAdvanced: REMOVE })],
  bad: [edit(docker.container, { networksAdvanced: REMOVE })],
  unknown: [unknownAt(docker.container, "networksAdvanced"), unknownAt(docker.container, "networkMode")],
};
