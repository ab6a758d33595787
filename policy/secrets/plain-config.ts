import { defineRule } from "../core/rule";
import { CONFIG_KINDS, configTexts } from "../platforms/nginx";
import { secretReason } from "./detect";

const LINE = /^[ \t-]*["']?([\w.-]+)["']?[ \t]*[:=][ \t]*["']?([^"'\n,#]+?)["']?,?[ \t]*$/gm;

export const plainConfigRule = defineRule({
  id: "secrets-plain-config",
  group: "secrets",
  title: "No secret stands in a config.",
  severity: "critical",
  why: "Configs and ConfigMaps are neither encrypted nor restricted; whoever may look at the deployment reads them.",
  fix: "Move the value into a secret and let the configuration name its file.",
  example: `password_file: /run/secrets/database-password`,
  frameworks: ["NSA"],
  kinds: CONFIG_KINDS,
  check({ view, report, each }) {
    each(configTexts(view), (config) => {
      const text = config.text();
      const whole = secretReason(text.includes("\n") ? "" : config.name, text);
      if (whole && whole !== "a value that looks like a generated key") return report(`${config.name} holds ${whole}`, config.at);
      for (const [, name, value] of text.matchAll(LINE)) {
        const reason = secretReason(name!, value!);
        // A long random word is too common in configuration to be taken for a key by its look alone.
        if (reason && reason !== "a value that looks like a generated key") report(`${config.name}: ${name} holds ${reason}`, config.at);
      }
    });
  },
});
