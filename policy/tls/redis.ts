import type { Reader } from "../core/reader";
import { defineRule } from "../core/rule";
import { commandLineOf, CONTAINER_KINDS, containersOf, environmentOf, imageName } from "../platforms/containers";
import { configTexts } from "../platforms/nginx";

const PLAIN = /\b(?:redis|valkey):\/\/(?!(?:[^@/\s]*@)?(?:localhost|127\.0\.0\.1)\b)[^\s"'`,]+/;

export const redisTlsRule = defineRule({
  id: "tls-redis",
  group: "tls",
  title: "Redis is spoken over TLS.",
  severity: "high",
  why: "Redis sends its password as the first thing on every connection; without TLS everybody on the network has it, and every session in it.",
  fix: "Use rediss:// in clients; in the server set tls-port and port 0.",
  example: `REDIS_URL: "rediss://cache:6379"   // server: args: ["--tls-port", "6379", "--port", "0"]`,
  kinds: [...CONTAINER_KINDS, "docker/ServiceConfig", "core/ConfigMap"],
  check({ view, report, each, scope }) {
    const urls = (text: string, at: Reader) => {
      if (PLAIN.test(text)) report("a Redis URL without TLS; write rediss://", at);
    };
    scope(() => {
      each(configTexts(view), (config) => {
        const text = config.text();
        urls(text, config.at);
        // A Redis configuration file is told by a directive only it has.
        if (/^(?:appendonly|maxmemory-policy|requirepass|tls-auth-clients)\b/m.test(text) && !/^tls-port\s+[1-9]/m.test(text))
          report("the Redis configuration opens no TLS port", config.at);
        else if (/^tls-port\s+[1-9]/m.test(text) && !/^port\s+0\b/m.test(text))
          report("the Redis configuration keeps the plain port open; write port 0", config.at);
      });
    });
    each(containersOf(view), (container) => {
      each(environmentOf(container), ({ name, value }) => {
        if (value.written && (value.known || /(?:REDIS|VALKEY|CACHE|QUEUE|BROKER).*(?:URL|URI)/i.test(name)))
          urls(value.text() ?? "", value);
      });
      each(commandLineOf(container), (word) => urls(word.text() ?? "", word));
      const line = commandLineOf(container)
        .map((word) => word.text())
        .join(" ");
      if (!/^(?:redis|valkey)$/.test(imageName(container.image.text() ?? "")) || container.init) return;
      if (/\.conf\b/.test(line) || environmentOf(container).some(({ name }) => /TLS|SSL/.test(name))) return;
      if (!/--tls-port\s+[1-9]/.test(line)) report("the Redis server opens no TLS port", container.at);
      else if (!/--port\s+0\b/.test(line)) report("the Redis server keeps its plain port open", container.at);
    });
  },
});
