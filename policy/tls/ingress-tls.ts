import { every, some, type Reader } from "../core/reader";
import { defineRule } from "../core/rule";

/** Whether a certificate for `pattern` covers `host`: the same name, or a wildcard for its first label (RFC 6125 section 6.4.3). */
export function covers(pattern: string, host: string): boolean {
  return pattern === host || (pattern.startsWith("*.") && host.slice(host.indexOf(".")) === pattern.slice(1));
}

export const ingressTlsRule = defineRule({
  id: "tls-ingress",
  group: "tls",
  title: "An Ingress serves every one of its hosts over TLS.",
  severity: "high",
  why: "A host without certificate is served over plain HTTP, or over HTTPS with the controller's self-signed one.",
  fix: "List every host under spec.tls with a certificate secret.",
  example: `tls: [{ hosts: ["shop.example.com"], secretName: "shop-tls" }]`,
  frameworks: ["NSA"],
  kinds: ["networking.k8s.io/Ingress"],
  check({ props, report, each }) {
    const tls = props.at("spec", "tls");
    if (tls.list().length === 0) return report("the ingress has no TLS", tls);
    const certified = (host: string) =>
      some(tls.list(), (entry) => some(entry.at("hosts").list(), (name) => covers(name.text() ?? "", host)));
    each(props.at("spec", "rules").list(), (rule: Reader) => {
      const host = rule.at("host").text();
      if (host === undefined) report("a rule without host also answers names that no certificate covers", rule);
      else if (!certified(host)) report(`host ${host} is in no TLS entry`, rule.at("host"));
    });
    each(tls.list(), (entry) => {
      if (!every([entry.at("secretName")], (name) => name.exists)) report("the TLS entry names no certificate secret", entry);
    });
  },
});
