import type { Reader } from "../core/reader";
import { defineRule } from "../core/rule";
import { commandLineOf, CONTAINER_KINDS, containersOf, environmentOf, labelsOf } from "../platforms/containers";
import { configTexts } from "../platforms/nginx";

/** Environment variables that switch verification off, with the values that do. */
const SWITCHES: readonly [RegExp, RegExp][] = [
  [/^NODE_TLS_REJECT_UNAUTHORIZED$/, /^0$/],
  [/^PYTHONHTTPSVERIFY$/, /^0$/],
  [/^GIT_SSL_NO_VERIFY$/, /^(?:1|true)$/i],
  [
    /^(?:CURL_INSECURE|VAULT_SKIP_VERIFY|CONSUL_HTTP_SSL_VERIFY_DISABLED|INSECURE_SKIP_VERIFY|TLS_INSECURE|SSL_NO_VERIFY)$/,
    /^(?:1|true|yes)$/i,
  ],
  [/(?:^|_)(?:TLS|SSL|HTTPS)_?(?:VERIFY|REJECT_UNAUTHORIZED)$/i, /^(?:0|false|no|off|none)$/i],
];
/** Words of command lines that switch verification off. */
const WORDS =
  /^(?:--insecure(?:-skip-(?:tls-)?verify)?(?:=true)?|--no-check-certificate|--tls-skip-verify|--insecure-skip-tls-verify(?:=true)?|--kubelet-insecure-tls)$/;
const COMMAND =
  /\bcurl\b[^|;&]*\s(?:-[a-zA-Z]*k\b|--insecure\b)|\bwget\b[^|;&]*--no-check-certificate|NODE_TLS_REJECT_UNAUTHORIZED=0|\bsslverify=false\b/;
const CONFIG =
  /\binsecure[_-]?skip[_-]?(?:tls[_-]?)?verify["']?\s*[:=]\s*["']?true|\brejectUnauthorized["']?\s*[:=]\s*false|\bproxy_ssl_verify\s+off|\bssl_verify["']?\s*[:=]\s*(?:false|none)/i;

export const verificationRule = defineRule({
  id: "tls-verification",
  group: "tls",
  title: "No client is told to accept any certificate.",
  severity: "critical",
  why: "TLS without verification keeps out nobody who can answer in the server's place.",
  fix: "Give the client the authority's certificate instead.",
  example: `env: { NODE_EXTRA_CA_CERTS: "/etc/ssl/internal-ca.pem" }`,
  kinds: [...CONTAINER_KINDS, "docker/ServiceConfig", "core/ConfigMap", "traefik.io/ServersTransport", "apiregistration.k8s.io/APIService"],
  check({ view, props, report, each, scope }) {
    for (const field of ["insecureSkipVerify", "insecureSkipTLSVerify"]) {
      if (/Transport|APIService/.test(view.kind) && props.at("spec", field).flag())
        report(`${field} is switched on`, props.at("spec", field));
    }
    scope(() => {
      each(configTexts(view), (config) => {
        const match = CONFIG.exec(config.text());
        if (match) report(`"${match[0]}" switches verification off`, config.at);
      });
    });
    if (view.kind.startsWith("docker/S") || view.kind === "docker/Container") {
      scope(() => {
        each(labelsOf(view), ([name, value]) => {
          if (/insecureskipverify$/i.test(name) && value.flag()) report(`label ${name} is switched on`, value);
        });
      });
    }
    each(containersOf(view), (container) => {
      each(environmentOf(container), ({ name, value }) => {
        const relevant = SWITCHES.filter(([pattern]) => pattern.test(name));
        if (relevant.length > 0 && value.written && relevant.some(([, off]) => off.test(value.text() ?? "")))
          report(`${name}=${value.text()} switches verification off`, value);
      });
      const judge = (word: Reader) => {
        const text = word.text() ?? "";
        if (WORDS.test(text) || COMMAND.test(text)) report(`"${text}" switches verification off`, word);
      };
      each(commandLineOf(container), judge);
    });
  },
});
