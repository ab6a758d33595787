import type { Fixtures } from "../fixtures/fixtures";
import { tmpfsSizeRule } from "./tmpfs-size";
import { edit, unknownAt, REMOVE } from "../fixtures/edit";
import * as docker from "../fixtures/docker";

export const fixtures: Fixtures = {
  rule: tmpfsSizeRule,
  good: [docker.service, docker.container],
  bad: [
    edit(docker.service, { "taskSpec.containerSpec.mounts[0].tmpfsOptions.sizeBytes": REMOVE }),
    edit(docker.container, { "tmpfs./tmp": "noexec" }),
  ],
  unknown: [unknownAt(docker.service, "taskSpec.containerSpec.mounts"), unknownAt(docker.container, "tmpfs./tmp")],
};
