import { defineRule } from "../core/rule";
import { commandLineOf, CONTAINER_KINDS, containersOf } from "../platforms/containers";
import { secretReason } from "./detect";

export const argumentsRule = defineRule({
  id: "secrets-arguments",
  group: "secrets",
  title: "No secret stands on a command line.",
  severity: "critical",
  why: "Command lines are shown by ps to everybody on the host and by the platform to everybody who may look.",
  fix: "Pass the path of a mounted secret instead.",
  example: `args: ["--password-file", "/run/secrets/password"]`,
  frameworks: ["NSA"],
  kinds: CONTAINER_KINDS,
  check({ view, report, each }) {
    each(containersOf(view), (container) => {
      const words = commandLineOf(container);
      each(words.keys(), (index) => {
        const word = words[index]!;
        const text = word.text() ?? "";
        const option = /^--?([\w-]+)=(.*)$/s.exec(text);
        const before = index > 0 && words[index - 1]!.known ? /^--?([\w-]+)$/.exec(words[index - 1]!.text() ?? "")?.[1] : undefined;
        const inline = /(?:^|\s)([A-Z][A-Z0-9_]*(?:PASSWORD|TOKEN|SECRET|KEY))=(\S+)/.exec(text);
        const reason = option
          ? secretReason(option[1]!, option[2]!)
          : inline
            ? secretReason(inline[1]!, inline[2]!)
            : secretReason(text.startsWith("-") ? "" : (before ?? ""), text);
        if (reason) report(`the command line of ${container.label} holds ${reason}`, word);
      });
    });
  },
});
