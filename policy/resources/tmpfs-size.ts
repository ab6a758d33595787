import { defineRule } from "../core/rule";

export const tmpfsSizeRule = defineRule({
  id: "resources-tmpfs-size",
  group: "resources",
  title: "A tmpfs of a Docker service or container has a size limit.",
  severity: "medium",
  why: "A tmpfs without size may take half of the host's memory.",
  fix: "Set tmpfsOptions.sizeBytes, or size= in the container's tmpfs option.",
  example: `mounts: [{ type: "tmpfs", target: "/tmp", tmpfsOptions: { sizeBytes: 67108864 } }]`,
  kinds: ["docker/Service", "docker/Container"],
  check({ view, props, report, each, scope }) {
    const mounts = view.kind === "docker/Service" ? props.at("taskSpec", "containerSpec", "mounts") : props.at("mounts");
    scope(() => {
      each(mounts.list(), (mount) => {
        if (mount.at("type").text() !== "tmpfs") return;
        const size = mount.at("tmpfsOptions", "sizeBytes");
        if (!((size.number() ?? 0) > 0)) report(`the tmpfs on ${mount.at("target").text()} has no size limit`, size);
      });
    });
    if (view.kind === "docker/Service") return;
    each(props.at("tmpfs").entries(), ([target, options]) => {
      if (!/(?:^|,)size=\d/.test(options.text() ?? "")) report(`the tmpfs on ${target} has no size limit`, options);
    });
  },
});
