import { defineRule } from "../core/rule";
import { CONTAINER_KINDS, containersOf } from "../platforms/containers";

/** A tag that is a content hash: at least twelve hexadecimal digits, perhaps after a word. */
const CONTENT_TAG = /:(?:[\w.-]*-)?[0-9a-f]{12,64}$/;

export const digestRule = defineRule({
  id: "images-digest",
  group: "images",
  title: "An image is pinned by digest.",
  severity: "medium",
  why: "A tag can be moved: replicas of one service then run different programs, a rollback rolls back to nothing, and whoever takes the registry takes the stack.",
  fix: "Add @sha256:… to the image. A tag that is a hash of the content (twelve hexadecimal digits or more) or an image id counts too.",
  example: `image: "docker.io/library/postgres:17.2@sha256:4f1c…"`,
  frameworks: ["NSA"],
  kinds: CONTAINER_KINDS,
  check({ view, report, each }) {
    each(containersOf(view), ({ image, label }) => {
      const text = image.text() ?? "";
      if (!/(?:@|^)sha256:[0-9a-f]{64}$/.test(text) && !CONTENT_TAG.test(text))
        report(`${label} runs "${text}", which is not pinned`, image);
    });
  },
});
