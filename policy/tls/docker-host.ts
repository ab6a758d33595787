import { defineRule } from "../core/rule";

export const dockerHostRule = defineRule({
  id: "tls-docker-host",
  group: "tls",
  title: "A Docker host is reached over SSH, mutual TLS or a local socket.",
  severity: "critical",
  why: "Docker's API without TLS gives root on the host to everybody who reaches the port.",
  fix: "Use ssh://, or tcp:// with client certificate and key.",
  example: `new docker.Provider("host", { host: "ssh://deploy@host.example.com" })`,
  frameworks: ["CIS Docker 2.7"],
  kinds: ["pulumi:providers:docker"],
  check({ props, report }) {
    const host = props.at("host").text() ?? "";
    if (!/^(?:tcp|http):\/\//.test(host)) return;
    if (props.at("certPath").exists || (props.at("certMaterial").exists && props.at("keyMaterial").exists)) return;
    report(`host ${host} is reached without TLS`, props.at("host"));
  },
});
