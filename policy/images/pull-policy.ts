import { defineRule } from "../core/rule";
import { containersOf, POD_KINDS } from "../platforms/containers";

export const pullPolicyRule = defineRule({
  id: "images-pull-policy",
  group: "images",
  title: "A tag that can move is pulled always; a digest need not be.",
  severity: "low",
  why: "With IfNotPresent a node keeps the image it once pulled, so that replicas on different nodes differ, and a pod may use a private image another pod pulled.",
  fix: "Pin the image by digest, or set imagePullPolicy: Always.",
  example: `image: "backend:1.4@sha256:…", imagePullPolicy: "IfNotPresent"`,
  kinds: POD_KINDS,
  check({ view, report, each }) {
    each(containersOf(view), ({ at, image, label }) => {
      const text = image.text() ?? "";
      if (/sha256:[0-9a-f]{64}$/.test(text) || /:(?:[\w.-]*-)?[0-9a-f]{12,64}$/.test(text)) return;
      const moving = !/:[^/]+$/.test(text) || text.endsWith(":latest");
      const policy = at.at("imagePullPolicy").text() ?? (moving ? "Always" : "IfNotPresent");
      if (policy !== "Always") report(`${label} runs "${text}" with pull policy ${policy}`, at.at("imagePullPolicy"));
    });
  },
});
