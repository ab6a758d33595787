import type { Fixtures } from "../fixtures/fixtures";
import { httpRedirectRule } from "./http-redirect";
import { edit, unknownAt } from "../fixtures/edit";
import * as docker from "../fixtures/docker";
import * as kube from "../fixtures/kubernetes";

const uploaded = edit(docker.container, {
  uploads: [{ file: "/etc/nginx/nginx.conf", content: "server { listen 8443 ssl; } server { listen 8080; return 301 https://$host; }" }],
});

/** What hosts that are none of ours get. */
const refusing = edit(uploaded, {
  "uploads[0].content":
    "server { listen 443 ssl; } server { listen 80 default_server; return 444; } server { listen 80; server_name a; return 308 https://a; }",
});

export const fixtures: Fixtures = {
  rule: httpRedirectRule,
  good: [docker.config, uploaded, refusing, kube.configMap],
  bad: [
    docker.nginx("return 308 https://$host$request_uri;", "location / { proxy_pass http://backend; }"),
    docker.nginx(
      "return 308 https://$host$request_uri;",
      "location /old { return 301 https://$host; } location / { proxy_pass http://backend; }",
    ),
    edit(uploaded, { "uploads[0].content": "server { listen 443 ssl; } server { listen 80; root /srv; }" }),
    edit(uploaded, { "uploads[0].content": "server { listen 443 ssl; } server { listen 80; location /old { return 404; } root /srv; }" }),
  ],
  unknown: [unknownAt(docker.config, "data"), unknownAt(uploaded, "uploads[0].content"), unknownAt(kube.configMap, 'data["app.yaml"]')],
};
