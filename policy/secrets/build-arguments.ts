import { defineRule } from "../core/rule";
import { secretReason } from "./detect";

export const buildArgumentsRule = defineRule({
  id: "secrets-build-arguments",
  group: "secrets",
  title: "No secret is a build argument of an image.",
  severity: "critical",
  why: "Build arguments stay in the image's history for everybody who can pull it.",
  fix: "Use BuildKit secrets (RUN --mount=type=secret).",
  example: `RUN --mount=type=secret,id=npm npm ci`,
  frameworks: ["CIS Docker 4.10"],
  kinds: ["docker/Image", "docker/RemoteImage", "docker/RegistryImage"],
  check({ view, props, report, each }) {
    const build = props.at("build");
    const lists = view.kind === "docker/Image" ? [build.at("args")] : [build.at("buildArgs"), build.at("buildArg")];
    each(lists, (list) => {
      each(list.entries(), ([name, value]) => {
        if (value.encrypted) return report(`build argument ${name} holds a Pulumi secret`, value);
        const reason = secretReason(name, value.text() ?? "");
        if (reason) report(`build argument ${name} holds ${reason}`, value);
      });
    });
  },
});
