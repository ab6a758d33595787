import type { Fixtures } from "../fixtures/fixtures";
import { verificationRule } from "./verification";
import { edit, unknownAt } from "../fixtures/edit";
import * as docker from "../fixtures/docker";
import * as kube from "../fixtures/kubernetes";
import { UNKNOWN } from "../core/unknown";

const transport = kube.kubernetes("traefik.io/v1alpha1", "ServersTransport", "internal", {
  spec: { rootCAsSecrets: ["internal-ca"], insecureSkipVerify: false },
});

export const fixtures: Fixtures = {
  rule: verificationRule,
  good: [docker.service, docker.container, kube.deployment, docker.config, transport],
  bad: [
    edit(docker.service, { "taskSpec.containerSpec.env.NODE_TLS_REJECT_UNAUTHORIZED": "0" }),
    edit(docker.container, { command: ["prometheus", "--insecure"] }),
    edit(docker.container, { "envs[1]": "PYTHONHTTPSVERIFY=0" }),
    edit(kube.deployment, { "spec.template.spec.containers[0].args": ["sh", "-c", "curl -sk https://backend"] }),
    docker.nginx("proxy_pass http://backend;", "proxy_pass https://backend; proxy_ssl_verify off;"),
    edit(transport, { "spec.insecureSkipVerify": true }),
  ],
  unknown: [
    edit(docker.service, { "taskSpec.containerSpec.env.NODE_TLS_REJECT_UNAUTHORIZED": UNKNOWN }),
    unknownAt(transport, "spec.insecureSkipVerify"),
    unknownAt(edit(docker.container, { command: ["a"] }), "command[0]"),
  ],
};
