import { defineRule } from "../core/rule";

export const keepLocallyRule = defineRule({
  id: "images-keep-locally",
  group: "images",
  title: "A RemoteImage is kept on the host when the resource goes.",
  severity: "low",
  why: "Deleting the old image during an update fails while a container still runs it, and takes away the image a rollback needs.",
  fix: "Set keepLocally: true.",
  example: `new docker.RemoteImage("backend", { name: "…", keepLocally: true })`,
  kinds: ["docker/RemoteImage"],
  check({ props, report }) {
    if (props.at("keepLocally").flag() !== true) report("the image is deleted with the resource", props.at("keepLocally"));
    if (props.at("forceRemove").flag() === true) report("the image is removed by force", props.at("forceRemove"));
  },
});
