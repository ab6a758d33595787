import type { Fixtures } from "../fixtures/fixtures";
import { databaseExposedRule } from "./database-exposed";
import { edit, unknownAt } from "../fixtures/edit";
import * as docker from "../fixtures/docker";
import * as kube from "../fixtures/kubernetes";

const exposed = kube.kubernetes("v1", "Service", "database", {
  spec: { type: "LoadBalancer", selector: { app: "database" }, ports: [{ port: 5432 }] },
});

export const fixtures: Fixtures = {
  rule: databaseExposedRule,
  good: [docker.database, docker.container, [edit(exposed, { "spec.type": "ClusterIP" }), kube.statefulSet], docker.balancer],
  bad: [
    edit(docker.database, { "endpointSpec.ports": [{ targetPort: 5432, publishedPort: 5432 }] }),
    edit(docker.container, { image: "redis:8", ports: [{ internal: 6379, external: 6379 }] }),
    [exposed, kube.statefulSet],
  ],
  unknown: [unknownAt(docker.database, "endpointSpec"), [unknownAt(exposed, "spec.type"), kube.statefulSet]],
};
