import { defineRule } from "../core/rule";
import { POD_KINDS, podOf } from "../platforms/containers";
import { quantity } from "../platforms/quantity";

export const emptyDirSizeRule = defineRule({
  id: "resources-empty-dir-size",
  group: "resources",
  title: "An emptyDir volume has a size limit.",
  severity: "medium",
  why: "Without one it takes the node's disk, or its memory where the medium is Memory.",
  fix: "Set sizeLimit.",
  example: `emptyDir: { medium: "Memory", sizeLimit: "64Mi" }`,
  kinds: POD_KINDS,
  check({ view, report, each }) {
    each(podOf(view)!.spec.at("volumes").list(), (volume) => {
      const directory = volume.at("emptyDir");
      if (directory.exists && !((quantity(directory.at("sizeLimit").text()) ?? 0) > 0))
        report(`volume "${volume.at("name").text()}" has no size limit`, directory);
    });
  },
});
