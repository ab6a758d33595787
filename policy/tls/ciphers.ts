import type { Reader } from "../core/reader";
import { defineRule } from "../core/rule";
import { labelOf } from "../platforms/containers";
import { configTexts, isNginx, parseNginx } from "../platforms/nginx";

/** Parts of cipher names that give no or broken protection: no encryption, no authentication, RC4, single and triple DES, MD5, export. */
const WEAK = /(?:^|[:_-])(?:e?NULL|aNULL|ADH|AECDH|EXP(?:ORT)?(?:40|56)?|RC4|DES|3DES|MD5|IDEA|SEED|LOW)(?:$|[:_-])|^ALL$/i;

/** The first weak name in a cipher list; names taken out with `!` or `-` do not count. */
export function weakCipher(list: string): string | undefined {
  return list
    .split(/[:,\s]+/)
    .filter((name) => name !== "" && !/^[!-]/.test(name))
    .find((name) => WEAK.test(name));
}

export const ciphersRule = defineRule({
  id: "tls-ciphers",
  group: "tls",
  title: "No weak TLS cipher is offered.",
  severity: "high",
  why: "RC4, DES, 3DES, MD5, export and anonymous suites can be read or forged.",
  fix: "Use Mozilla's intermediate list, or leave the list out where TLS 1.3 alone is spoken.",
  example: `ssl_ciphers ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-CHACHA20-POLY1305;`,
  kinds: ["docker/ServiceConfig", "docker/Container", "core/ConfigMap", "traefik.io/TLSOption", "networking.k8s.io/Ingress"],
  check({ view, props, report, each }) {
    const judge = (list: string, at: Reader) => {
      const weak = weakCipher(list);
      if (weak) report(`cipher ${weak} is offered`, at);
    };
    if (view.kind === "traefik.io/TLSOption")
      return each(props.at("spec", "cipherSuites").list(), (suite) => judge(suite.text() ?? "", suite));
    if (view.kind === "networking.k8s.io/Ingress")
      return judge(labelOf(view, "nginx.ingress.kubernetes.io/ssl-ciphers") ?? "", props.at("metadata", "annotations"));
    each(configTexts(view), (config) => {
      const text = config.text();
      if (/^ssl-ciphers$/.test(config.name)) judge(text, config.at);
      if (!isNginx(text)) return;
      const nginx = parseNginx(text);
      for (const list of [
        ...nginx.outside("ssl_ciphers"),
        ...nginx.servers.flatMap((server) => server.directives.get("ssl_ciphers") ?? []),
      ])
        judge(list.replace(/["']/g, ""), config.at);
    });
  },
});
