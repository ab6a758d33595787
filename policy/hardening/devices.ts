import { defineRule } from "../core/rule";

export const devicesRule = defineRule({
  id: "hardening-devices",
  group: "hardening",
  title: "No container gets a device of the host.",
  severity: "high",
  why: "A block device is the host's disk without its permissions.",
  fix: "Remove the device, or exempt the container with a reason.",
  example: `devices: []`,
  frameworks: ["CIS Docker 5.18"],
  kinds: ["docker/Container"],
  check({ props, report, each }) {
    each(props.at("devices").list(), (device) => report(`device ${device.at("hostPath").text()} is handed in`, device));
    each(props.at("deviceCgroupRules").list(), (rule) => report(`device rule "${rule.text()}" is set`, rule));
  },
});
