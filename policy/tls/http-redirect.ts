import { defineRule } from "../core/rule";
import { CONFIG_KINDS, configTexts, isNginx, listensPlainHttp, listensTls, parseNginx, refusesAll } from "../platforms/nginx";

export const httpRedirectRule = defineRule({
  id: "tls-http-redirect",
  group: "tls",
  title: "An nginx that serves HTTPS answers plain HTTP with a redirect only.",
  severity: "high",
  why: "A server block on port 80 that serves content hands out pages and cookies in the clear.",
  fix: "Return 301 or 308 to https from the plain server block; only ACME challenges may be served there.",
  example: `server { listen 80; location /.well-known/acme-challenge/ { … } location / { return 308 https://$host$request_uri; } }`,
  kinds: CONFIG_KINDS,
  check({ view, report, each }) {
    each(configTexts(view), (config) => {
      const text = config.text();
      if (!isNginx(text)) return;
      const { servers } = parseNginx(text);
      if (!servers.some(listensTls)) return;
      for (const server of servers) {
        if (!listensPlainHttp(server) || listensTls(server) || refusesAll(server)) continue;
        const name = server.directives.get("server_name")?.[0] ?? "(default)";
        const redirects = /\breturn\s+30[1278]\s+"?https:\/\//.test(server.body) || /\brewrite\s+\S+\s+https:\/\//.test(server.body);
        const serves = /\bproxy_pass\b/.test(
          server.body.replace(/location\s+[^{]*(?:acme-challenge|stub_status|health)[^{]*\{[^}]*\}/g, ""),
        );
        if (!redirects) report(`server ${name} on a plain port does not redirect to HTTPS`, config.at);
        else if (serves) report(`server ${name} on a plain port serves content besides the redirect`, config.at);
      }
    });
  },
});
