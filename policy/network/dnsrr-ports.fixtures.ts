import type { Fixtures } from "../fixtures/fixtures";
import { dnsrrPortsRule } from "./dnsrr-ports";
import { edit, unknownAt, REMOVE } from "../fixtures/edit";
import * as docker from "../fixtures/docker";

export const fixtures: Fixtures = {
  rule: dnsrrPortsRule,
  good: [docker.service, docker.balancer],
  bad: [edit(docker.balancer, { "endpointSpec.ports[0].publishMode": REMOVE })],
  unknown: [unknownAt(docker.balancer, "endpointSpec.ports[0].publishMode"), unknownAt(docker.balancer, "endpointSpec.mode")],
};
