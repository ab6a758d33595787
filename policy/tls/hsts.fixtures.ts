import type { Fixtures } from "../fixtures/fixtures";
import { hstsRule } from "./hsts";
import { edit, unknownAt } from "../fixtures/edit";
import * as docker from "../fixtures/docker";
import * as kube from "../fixtures/kubernetes";

const middleware = kube.kubernetes("traefik.io/v1alpha1", "Middleware", "security", {
  spec: { headers: { stsSeconds: 63072000, stsIncludeSubdomains: true } },
});
const sts = [{ label: "traefik.http.middlewares.security.headers.stsseconds", value: "63072000" }];
const uploaded = edit(docker.container, { uploads: [{ file: "/etc/nginx/nginx.conf", contentBase64: docker.config.props["data"] }] });

/** Names that are none of ours get no handshake, and so no header either. */
const refusing = edit(docker.container, {
  uploads: [
    {
      file: "/etc/nginx/nginx.conf",
      content: `server { listen 443 ssl default_server; ssl_reject_handshake on; }
server { listen 443 ssl; server_name a; add_header Strict-Transport-Security "max-age=63072000" always; }`,
    },
  ],
});

export const fixtures: Fixtures = {
  rule: hstsRule,
  good: [docker.config, middleware, docker.service, edit(docker.service, { labels: sts }), uploaded, refusing, kube.configMap],
  bad: [
    docker.nginx("add_header Strict-Transport-Security", "add_header X-Other"),
    docker.nginx("max-age=63072000", "max-age=300"),
    edit(middleware, { "spec.headers.stsSeconds": 0 }),
    edit(docker.service, { labels: sts, "labels[0].value": "60" }),
    edit(uploaded, { "uploads[0].contentBase64": docker.nginx("max-age=63072000", "max-age=1").props["data"] }),
    edit(refusing, { "uploads[0].content": "server { listen 443 ssl default_server; ssl_reject_handshake off; }" }),
    edit(kube.configMap, { data: { hsts: "false" } }),
  ],
  unknown: [
    unknownAt(docker.config, "data"),
    unknownAt(middleware, "spec.headers.stsSeconds"),
    unknownAt(edit(docker.service, { labels: sts }), "labels[0].value"),
  ],
};
