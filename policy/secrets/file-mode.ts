import { defineRule } from "../core/rule";
import { POD_KINDS, podOf } from "../platforms/containers";

/** Bits that let others than owner and group in. */
const OTHERS = 0o007;

export const fileModeRule = defineRule({
  id: "secrets-file-mode",
  group: "secrets",
  title: "The file of a secret is readable for its owner or group only.",
  severity: "low",
  why: "The default mode lets every user in the container read it (0444 on Swarm, 0644 on Kubernetes), which undoes running helpers under another user.",
  fix: "Set the mode to 0400 or 0440, with the process's user as owner.",
  example: `secrets: [{ secretId, fileName: "/run/secrets/password", fileUid: "10001", fileMode: 0o400 }]`,
  kinds: ["docker/Service", ...POD_KINDS],
  check({ view, props, report, each }) {
    const judge = (mode: number | undefined, fallback: number, what: string, at = props) => {
      if (((mode ?? fallback) & OTHERS) !== 0 || (mode ?? fallback) > 0o777)
        report(`${what} has mode 0${(mode ?? fallback).toString(8)}`, at);
    };
    if (view.kind === "docker/Service") {
      return each(props.at("taskSpec", "containerSpec", "secrets").list(), (secret) =>
        judge(secret.at("fileMode").number(), 0o444, `secret file ${secret.at("fileName").text()}`, secret.at("fileMode")),
      );
    }
    each(podOf(view)!.spec.at("volumes").list(), (volume) => {
      const secret = volume.at("secret");
      if (secret.exists) judge(secret.at("defaultMode").number(), 0o644, `secret volume "${volume.at("name").text()}"`, secret);
      each(volume.at("projected", "sources").list(), (source) => {
        if (source.at("secret").exists)
          judge(volume.at("projected", "defaultMode").number(), 0o644, `projected secret in volume "${volume.at("name").text()}"`, volume);
      });
    });
  },
});
