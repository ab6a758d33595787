import type { Reader } from "../core/reader";
import { defineRule } from "../core/rule";
import { commandLineOf, CONTAINER_KINDS, containersOf, environmentOf, labelOf } from "../platforms/containers";
import { configTexts, isNginx, listensTls, parseNginx } from "../platforms/nginx";

/** Names under which servers know the broken versions: SSL 2 and 3, TLS 1.0 and 1.1 (RFC 7568, RFC 8996). */
const OLD = /\b(?:SSLv[23]|TLSv1(?:\.[01])?|VersionTLS1[01]|VersionSSL30|TLS_?1[._]?[01])(?![.\d])/i;
/** Options of servers that carry a version or a list of versions. */
const OPTION =
  /(?:ssl[_-]min[_-]protocol[_-]version|tls[_-]protocols|ssl[_-]protocols|tls[._-]?min[._-]?version|minversion|tls-min-version)/i;

export const minimumVersionRule = defineRule({
  id: "tls-minimum-version",
  group: "tls",
  title: "Nothing accepts TLS below 1.2.",
  severity: "high",
  why: "SSL 3, TLS 1.0 and TLS 1.1 are broken and forbidden by RFC 7568 and RFC 8996.",
  fix: "Allow TLS 1.2 and 1.3 only.",
  example: `ssl_protocols TLSv1.2 TLSv1.3;`,
  kinds: [...CONTAINER_KINDS, "docker/ServiceConfig", "core/ConfigMap", "traefik.io/TLSOption", "networking.k8s.io/Ingress"],
  check({ view, props, report, each, scope }) {
    const judge = (versions: string, at: Reader) => {
      if (OLD.test(versions)) report(`"${versions}" allows versions below TLS 1.2`, at);
    };
    if (view.kind === "traefik.io/TLSOption") {
      const least = props.at("spec", "minVersion");
      const version = least.text();
      return version === undefined ? report("the option sets no minimum version", props.at("spec")) : judge(version, least);
    }
    if (view.kind === "networking.k8s.io/Ingress") {
      return judge(labelOf(view, "nginx.ingress.kubernetes.io/ssl-protocols") ?? "", props.at("metadata", "annotations"));
    }
    scope(() => {
      each(configTexts(view), (config) => {
        const text = config.text();
        if (OPTION.test(config.name)) judge(text, config.at);
        for (const match of text.matchAll(/^\s*([\w.-]+)\s*[:=\s]\s*([^\n]+)$/gm))
          if (OPTION.test(match[1]!)) judge(match[2]!.replace(/;.*$/, ""), config.at);
        if (!isNginx(text)) return;
        const nginx = parseNginx(text);
        const silent =
          nginx.servers.some((server) => listensTls(server) && !server.directives.has("ssl_protocols")) &&
          nginx.outside("ssl_protocols").length === 0;
        if (silent) report("a TLS server block sets no ssl_protocols and so depends on the nginx version's default", config.at);
      });
    });
    each(containersOf(view), (container) => {
      each(environmentOf(container), ({ name, value }) => {
        if (OPTION.test(name) && value.written) judge(value.text() ?? "", value);
      });
      each(commandLineOf(container), (word) => {
        const text = word.text() ?? "";
        if (OPTION.test(text)) judge(text.replace(/^[^=\s]*[=\s]/, ""), word);
      });
    });
  },
});
