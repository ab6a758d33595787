import type { Fixtures } from "../fixtures/fixtures";
import { minimumVersionRule } from "./minimum-version";
import { edit, unknownAt, REMOVE } from "../fixtures/edit";
import * as docker from "../fixtures/docker";
import * as kube from "../fixtures/kubernetes";

const option = kube.kubernetes("traefik.io/v1alpha1", "TLSOption", "default", { spec: { minVersion: "VersionTLS12" } });

export const fixtures: Fixtures = {
  rule: minimumVersionRule,
  good: [docker.config, option, kube.ingress, docker.database, kube.statefulSet, docker.container],
  bad: [
    docker.nginx("ssl_protocols TLSv1.2 TLSv1.3", "ssl_protocols TLSv1 TLSv1.1 TLSv1.2"),
    docker.nginx("  ssl_protocols TLSv1.2 TLSv1.3;\n", ""),
    edit(option, { "spec.minVersion": "VersionTLS11" }),
    edit(option, { "spec.minVersion": REMOVE }),
    edit(kube.ingress, { 'metadata.annotations["nginx.ingress.kubernetes.io/ssl-protocols"]': "TLSv1.1 TLSv1.2" }),
    edit(docker.database, { "taskSpec.containerSpec.args[3]": "ssl_min_protocol_version=TLSv1" }),
    edit(docker.container, { "envs[2]": "TLS_MIN_VERSION=TLSv1.0" }),
    edit(kube.configMap, { data: { "ssl-protocols": "TLSv1.1 TLSv1.2" } }),
  ],
  unknown: [
    unknownAt(docker.config, "data"),
    unknownAt(option, "spec.minVersion"),
    unknownAt(docker.database, "taskSpec.containerSpec.args[3]"),
  ],
};
