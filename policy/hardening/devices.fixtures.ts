import type { Fixtures } from "../fixtures/fixtures";
import { devicesRule } from "./devices";
import { edit, unknownAt } from "../fixtures/edit";
import * as docker from "../fixtures/docker";

export const fixtures: Fixtures = {
  rule: devicesRule,
  good: [docker.container],
  bad: [edit(docker.container, { devices: [{ hostPath: "/dev/sda" }] }), edit(docker.container, { deviceCgroupRules: ["b *:* rwm"] })],
  unknown: [unknownAt(docker.container, "devices")],
};
