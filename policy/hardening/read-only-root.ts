import { defineRule } from "../core/rule";
import { CONTAINER_KINDS, containersOf } from "../platforms/containers";

export const readOnlyRootRule = defineRule({
  id: "hardening-read-only-root",
  group: "hardening",
  title: "The root file system of a container is read-only.",
  severity: "medium",
  why: "An intruder cannot change the program or leave tools behind, and what is written by accident is noticed before it is lost with the container.",
  fix: "Mount the image read-only and give the few writable paths a tmpfs or volume.",
  example: `securityContext: { readOnlyRootFilesystem: true }   // Docker: readOnly: true`,
  frameworks: ["CIS Docker 5.13", "NSA"],
  kinds: CONTAINER_KINDS,
  check({ view, report, each }) {
    each(containersOf(view), ({ at, label, pod }) => {
      const setting = pod ? at.at("securityContext", "readOnlyRootFilesystem") : at.at("readOnly");
      if (setting.flag() !== true) report(`${label} can write to its root file system`, setting);
    });
  },
});
