import { defineRule } from "../core/rule";

export const encryptedOverlayRule = defineRule({
  id: "network-encrypted-overlay",
  group: "network",
  title: "An overlay network is encrypted.",
  severity: "high",
  why: "Swarm sends overlay traffic in the clear between nodes unless asked.",
  fix: "Set the driver option encrypted.",
  example: `new docker.Network("data", { driver: "overlay", options: { encrypted: "true" } })`,
  frameworks: ["CIS Docker 7.4"],
  kinds: ["docker/Network"],
  check({ props, report }) {
    if (props.at("driver").text() !== "overlay" || props.at("ingress").flag() === true) return;
    const encrypted = props.at("options", "encrypted");
    // Docker takes the bare option, an empty text, for true.
    if (!encrypted.exists || encrypted.text() === "false") report("traffic between nodes is not encrypted", encrypted);
  },
});
