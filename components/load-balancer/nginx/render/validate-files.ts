import type { Check } from "./check";
import type { FilesRoute } from "./options";
import { checkImages } from "./validate-images";
import { IMAGE_FORMATS, type ImageFormat } from "./variants";

/** Folders of which the balancer shows nothing: its configuration, keys, and what the kernel tells. */
const CLOSED = ["/etc", "/run", "/var/run", "/proc", "/sys", "/dev", "/root", "/var/cache/nginx"];

/** A path without a beginning or end slash, whose parts do not begin with a dot. */
const BELOW = /^[A-Za-z0-9_-][A-Za-z0-9._-]*(\/[A-Za-z0-9_-][A-Za-z0-9._-]*)*$/;

export function checkVariants(check: Check, variants: readonly ImageFormat[] | undefined): void {
  for (const [index, format] of (variants ?? []).entries()) {
    check.at(index).oneOf(format, IMAGE_FORMATS);
    if (variants?.indexOf(format) !== index) check.at(index).report(`${JSON.stringify(format)} is there twice`, "name each format once");
  }
}

/** Every problem of a route of files. */
export function checkFiles(check: Check, route: FilesRoute): void {
  const { root, index, fallback } = route.files;
  if (!route.path.endsWith("/")) {
    check
      .at("path")
      .report(`${JSON.stringify(route.path)} does not end with a slash, so it would also answer its neighbours`, "end it with /");
  }
  if (route.match === "exact") check.at("match").report("is exact, but files are what lies below a path", "leave it out");
  const at = check.at("files");
  const known = root.startsWith("/") && BELOW.test(root.slice(1));
  if (!known)
    at.at("root").report(
      `${JSON.stringify(root)} is not a folder's absolute path, of plain names and without a slash at its end`,
      "e.g. /srv/site",
    );
  else if (CLOSED.some((folder) => root === folder || root.startsWith(`${folder}/`))) {
    at.at("root").report(`${root} holds what nobody outside may see`, "put the files into a folder of their own, e.g. /srv/site");
  }
  at.at("index").matches(index, /^[A-Za-z0-9_-][A-Za-z0-9._-]*$/, "a file name", "index.html");
  at.at("fallback").matches(fallback, BELOW, "a path below root, of plain names", "index.html");
  checkVariants(check.at("variants"), route.variants);
  checkImages(check.at("images"), route.images);
}
