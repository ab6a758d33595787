import type { Reader } from "../core/reader";
import { defineRule } from "../core/rule";
import { commandLineOf, CONTAINER_KINDS, containersOf, environmentOf, imageName } from "../platforms/containers";
import { configTexts } from "../platforms/nginx";

const URL = /\bpostgres(?:ql)?:\/\/[^\s"'`,]+/g;
/** Modes of libpq that may fall back to plain text or do not ask for TLS at all. */
const LAX = new Set(["disable", "allow", "prefer"]);

/** Why a PostgreSQL URL may run in the clear, or undefined. A local socket needs no TLS. */
export function laxUrl(url: string): string | undefined {
  const host = /^[a-z]+:\/\/(?:[^@/]*@)?([^:/?,]*)/.exec(url)?.[1] ?? "";
  if (host === "" || host === "localhost" || host === "127.0.0.1" || host.startsWith("%2F")) return undefined;
  const mode = /[?&]sslmode=([a-z-]+)/.exec(url)?.[1];
  if (mode !== undefined) return LAX.has(mode) ? `sslmode=${mode}` : undefined;
  return /[?&](?:ssl=true|sslrootcert=)/.test(url) ? undefined : "no sslmode";
}

export const postgresTlsRule = defineRule({
  id: "tls-postgres",
  group: "tls",
  title: "PostgreSQL is spoken over TLS.",
  severity: "high",
  why: "libpq's default mode `prefer` falls back to plain text without a word, and then passwords and rows cross the network readable.",
  fix: "Put sslmode=verify-full (at least require) into the URL or PGSSLMODE, and switch ssl on in the server.",
  example: `DATABASE_URL: "postgres://app@database:5432/app?sslmode=verify-full"`,
  kinds: [...CONTAINER_KINDS, "docker/ServiceConfig", "core/ConfigMap"],
  check({ view, report, each, scope }) {
    const urls = (text: string, at: Reader) => {
      for (const [url] of text.matchAll(URL)) {
        const problem = laxUrl(url);
        if (problem) report(`a PostgreSQL URL has ${problem}`, at);
      }
    };
    scope(() => {
      each(configTexts(view), (config) => {
        const text = config.text();
        urls(text, config.at);
        if (/^\s*ssl\s*=\s*(?:off|false|no|0)\b/m.test(text) || (config.name === "ssl" && text === "off"))
          report("the PostgreSQL configuration switches ssl off", config.at);
        if (/^\s*host(?:nossl)?\s+\S+\s+\S+\s+(?!127\.|::1|localhost|samehost)\S+\s+/m.test(text))
          report("pg_hba.conf lets clients in without TLS; write hostssl", config.at);
      });
    });
    each(containersOf(view), (container) => {
      each(environmentOf(container), ({ name, value }) => {
        if (!value.written) return;
        // An unknown value matters only where the variable is one that names a connection.
        if (!value.known && !/(?:DATABASE|POSTGRES|PG|DB).*(?:URL|URI|DSN|SSLMODE)|^DSN$/i.test(name)) return;
        const text = value.text() ?? "";
        urls(text, value);
        if (/^(?:PG|POSTGRES_|DB_|DATABASE_)SSL_?MODE$/i.test(name) && LAX.has(text)) report(`${name} is ${text}`, value);
      });
      scope(() => {
        const value = (name: string) => environmentOf(container).find((variable) => variable.name === name)?.value;
        const host = value("PGHOST");
        if (host && !/^(?:|localhost|127\.0\.0\.1|\/.*)$/.test(host.text() ?? "") && !value("PGSSLMODE"))
          report("PGHOST is set without PGSSLMODE", host);
      });
      scope(() => {
        if (container.init || !/^(?:postgres|postgresql)$/.test(imageName(container.image.text() ?? ""))) return;
        // A process that runs to completion, or another program of the image, serves nobody.
        if (view.kind.startsWith("batch/")) return;
        const words = commandLineOf(container).map((word) => word.text() ?? "");
        if (words.some((word) => /^(?:--)?ssl=|config_file=|^(?:pg_|psql)/.test(word))) return;
        if (environmentOf(container).some(({ name }) => /TLS|SSL/.test(name))) return;
        report("the PostgreSQL server does not switch ssl on", container.at);
      });
      each(commandLineOf(container), (word) => {
        const text = word.text() ?? "";
        urls(text, word);
        if (/^(?:--)?ssl=(?:off|false|no|0)$/.test(text)) report("the server's ssl is switched off", word);
      });
    });
  },
});
