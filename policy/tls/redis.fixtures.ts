import type { Fixtures } from "../fixtures/fixtures";
import { redisTlsRule } from "./redis";
import { edit, unknownAt, REMOVE } from "../fixtures/edit";
import * as docker from "../fixtures/docker";
import * as kube from "../fixtures/kubernetes";

const server = edit(docker.service, {
  "taskSpec.containerSpec.image": "redis:8.0.1@sha256:4f1c9a0b6d2e8f7350a1b2c3d4e5f60718293a4b5c6d7e8f9012a3b4c5d6e7f8",
  "taskSpec.containerSpec.args": ["redis-server", "--tls-port", "6379", "--port", "0"],
});
const file = edit(kube.configMap, { data: { "redis.conf": "port 0\ntls-port 6379\nappendonly yes\n" } });

export const fixtures: Fixtures = {
  rule: redisTlsRule,
  good: [docker.service, server, docker.container, kube.deployment, file],
  bad: [
    edit(docker.service, { "taskSpec.containerSpec.env.REDIS_URL": "redis://cache:6379" }),
    edit(server, { "taskSpec.containerSpec.args": REMOVE }),
    edit(server, { "taskSpec.containerSpec.args[4]": "6380" }),
    edit(docker.container, { "envs[1]": "REDIS_URL=redis://:x@cache:6379" }),
    edit(kube.deployment, { "spec.template.spec.containers[0].env[2].value": "redis://cache" }),
    edit(file, { 'data["redis.conf"]': "appendonly yes\n" }),
  ],
  unknown: [unknownAt(docker.service, "taskSpec.containerSpec.env.REDIS_URL"), unknownAt(server, "taskSpec.containerSpec.args[2]")],
};
