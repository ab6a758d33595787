import type { Fixtures } from "../fixtures/fixtures";
import { dockerHostRule } from "./docker-host";
import { edit, unknownAt } from "../fixtures/edit";
import * as docker from "../fixtures/docker";
import { UNKNOWN } from "../core/unknown";

export const fixtures: Fixtures = {
  rule: dockerHostRule,
  good: [
    docker.provider,
    edit(docker.provider, { host: "tcp://host:2376", certPath: "/certs" }),
    edit(docker.provider, { host: "unix:///var/run/docker.sock" }),
  ],
  bad: [edit(docker.provider, { host: "tcp://host:2375" }), edit(docker.provider, { host: "tcp://host:2376", certMaterial: "cert" })],
  unknown: [unknownAt(docker.provider, "host"), edit(docker.provider, { host: "tcp://host:2376", certPath: UNKNOWN })],
};
