import { RATE, SIZE, ZONE_SIZE, type Check } from "./check";
import { IMAGE_DEFAULTS, type ImageOptions, type ImageZoneOptions } from "./images";

/** Largest side of a resized image in pixels: 4096 by 4096 take 64 MiB while they are made. */
const LARGEST_SIDE = 4096;

/** Most forms of one image: each may be asked for, made and stored. */
const MOST_FORMS = 500;

export function checkImageZone(check: Check, zone: ImageZoneOptions | undefined): void {
  check.at("keys").matches(zone?.keys, ZONE_SIZE, "a size of memory", "1m");
  check.at("maxSize").matches(zone?.maxSize, SIZE, "a size", "16m");
  check.at("inactive").whole(zone?.inactive, 1);
}

export function checkImages(check: Check, images: ImageOptions | undefined): void {
  if (!images) return;
  const { widths, heights, qualities } = { ...IMAGE_DEFAULTS, ...images };
  for (const [key, highest] of [
    ["widths", LARGEST_SIDE],
    ["heights", LARGEST_SIDE],
    ["qualities", 100],
  ] as const) {
    for (const [index, value] of (images[key] ?? []).entries()) check.at(key).at(index).whole(value, 1, highest);
  }
  if (widths.length + heights.length === 0) check.at("widths").report("is empty, and so are heights", "list a width or a height");
  if (images.fit === "cover" && (widths.length === 0 || heights.length === 0)) {
    check.at("fit").report("cover needs both a width and a height", "list widths and heights");
  }
  const forms = (widths.length + 1) * (heights.length + 1) * (qualities.length + 1) - 1;
  if (forms > MOST_FORMS) {
    check.report(`allows ${forms} forms of every image`, `list fewer widths, heights or qualities, for at most ${MOST_FORMS}`);
  }
  check.at("quality").whole(images.quality, 1, 100);
  check.at("fit").oneOf(images.fit, ["inside", "cover"]);
  check.at("maxOriginal").matches(images.maxOriginal, SIZE, "a size", "8m");
  check.at("seconds").whole(images.seconds, 1);
  check.at("rate").matches(images.rate, RATE, "a rate", "10r/s");
  check.at("version").matches(images.version, /^[A-Za-z0-9._-]+$/, "letters, digits, dots, hyphens", "2");
}
