import { defineRule } from "../core/rule";
import { labelsOf } from "../platforms/containers";
import { CONFIG_KINDS, configTexts, isNginx, listensTls, parseNginx, refusesAll } from "../platforms/nginx";

function maxAge(header: string): number | undefined {
  const match = /max-age=(\d+)/i.exec(header);
  return match ? Number(match[1]) : undefined;
}

export const hstsRule = defineRule({
  id: "tls-hsts",
  group: "tls",
  title: "What answers over HTTPS sends Strict-Transport-Security.",
  severity: "medium",
  why: "The redirect from HTTP can be stripped by anyone between a visitor and the server; HSTS makes browsers not try HTTP at all (RFC 6797).",
  fix: "Send the header from every TLS server block, middleware or controller, for half a year at least.",
  example: `add_header Strict-Transport-Security "max-age=63072000" always;`,
  kinds: [...CONFIG_KINDS, "traefik.io/Middleware", "docker/Service"],
  parameters: {
    minMaxAge: {
      type: "integer",
      description: "Least max-age in seconds. Half a year; Mozilla's guideline is two years.",
      default: 15_768_000,
      minimum: 0,
    },
  },
  check({ view, props, report, each, parameter, scope }) {
    const least = parameter<number>("minMaxAge");
    const judge = (age: number | undefined, what: string, at = props) => {
      if (age === undefined) report(`${what} sends no Strict-Transport-Security`, at);
      else if (age < least) report(`${what} sends Strict-Transport-Security for ${age} s only`, at);
    };
    if (view.kind === "traefik.io/Middleware") {
      const headers = props.at("spec", "headers");
      if (headers.at("stsIncludeSubdomains").written || headers.at("stsPreload").written || headers.at("stsSeconds").written)
        judge(headers.at("stsSeconds").number() ?? 0, "the middleware", headers);
      return;
    }
    if (view.kind === "docker/Service" || view.kind === "docker/Container") {
      each(labelsOf(view), ([name, value]) => {
        if (/^traefik\.http\.middlewares\..+\.headers\.stsseconds$/i.test(name)) judge(value.number() ?? 0, `label ${name}`, value);
      });
      if (view.kind === "docker/Service") return;
    }
    scope(() => {
      if (view.kind === "core/ConfigMap" && props.at("data", "hsts").text() === "false")
        report("the ingress controller's HSTS is switched off", props.at("data", "hsts"));
    });
    each(configTexts(view), (config) => {
      const text = config.text();
      if (!isNginx(text)) return;
      const nginx = parseNginx(text);
      const outside = nginx.outside("add_header").find((header) => /^Strict-Transport-Security/i.test(header));
      for (const server of nginx.servers.filter((each) => listensTls(each) && !refusesAll(each))) {
        const own = [...server.body.matchAll(/add_header\s+(Strict-Transport-Security[^;]*(?:"[^"]*")?[^;]*);/gi)].map(
          (match) => match[1]!,
        )[0];
        const inherited = server.directives.has("add_header") ? undefined : outside;
        judge(maxAge(own ?? inherited ?? ""), `server ${server.directives.get("server_name")?.[0] ?? "(default)"}`, config.at);
      }
    });
  },
});
