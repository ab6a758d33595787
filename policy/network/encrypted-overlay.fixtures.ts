import type { Fixtures } from "../fixtures/fixtures";
import { encryptedOverlayRule } from "./encrypted-overlay";
import { edit, unknownAt, REMOVE } from "../fixtures/edit";
import * as docker from "../fixtures/docker";

export const fixtures: Fixtures = {
  rule: encryptedOverlayRule,
  good: [docker.network, edit(docker.network, { driver: "bridge", options: REMOVE })],
  bad: [edit(docker.network, { options: REMOVE }), edit(docker.network, { "options.encrypted": "false" })],
  unknown: [unknownAt(docker.network, "options"), unknownAt(docker.network, "driver")],
};
