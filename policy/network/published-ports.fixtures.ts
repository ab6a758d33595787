import type { Fixtures } from "../fixtures/fixtures";
import { publishedPortsRule } from "./published-ports";
import { edit, unknownAt } from "../fixtures/edit";
import * as docker from "../fixtures/docker";
import { UNKNOWN } from "../core/unknown";

export const fixtures: Fixtures = {
  rule: publishedPortsRule,
  good: [
    docker.service,
    docker.balancer,
    docker.container,
    edit(docker.container, { ports: [{ internal: 9090, external: 9090, ip: "127.0.0.1" }] }),
  ],
  bad: [
    edit(docker.service, { "endpointSpec.ports": [{ targetPort: 3001, publishedPort: 3001 }] }),
    edit(docker.container, { ports: [{ internal: 3000, external: 3000 }] }),
    edit(docker.container, { publishAllPorts: true }),
  ],
  unknown: [
    unknownAt(docker.service, "endpointSpec"),
    edit(docker.container, { ports: [{ internal: 3000, external: 3000, ip: UNKNOWN }] }),
  ],
};
