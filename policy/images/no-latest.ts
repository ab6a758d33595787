import { defineRule } from "../core/rule";
import { CONTAINER_KINDS, containersOf } from "../platforms/containers";

export const noLatestRule = defineRule({
  id: "images-no-latest",
  group: "images",
  title: "No image is run by the tag latest or by no tag at all.",
  severity: "high",
  why: "What `latest` is changes without a release; two nodes that pulled on different days run different versions.",
  fix: "Name the version.",
  example: `image: "postgres:17.2"`,
  kinds: CONTAINER_KINDS,
  parameters: {
    tags: {
      type: "array",
      items: { type: "string" },
      description: "Tags that move.",
      default: ["latest", "stable", "edge", "nightly", "main", "master", "dev"],
    },
  },
  check({ view, report, each, parameter }) {
    each(containersOf(view), ({ image, label }) => {
      const text = image.text() ?? "";
      if (text === "") return report(`${label} has no image`, image);
      if (/(?:@|^)sha256:/.test(text)) return;
      const tag = /:([^/:]+)$/.exec(text)?.[1];
      if (tag === undefined) report(`${label} runs "${text}" without a tag`, image);
      else if (parameter<string[]>("tags").includes(tag)) report(`${label} runs "${text}", a tag that moves`, image);
    });
  },
});
