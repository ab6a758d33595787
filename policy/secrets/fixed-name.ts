import type { Reader } from "../core/reader";
import { defineRule } from "../core/rule";

/** What Pulumi's auto-naming adds, or a hash of the content in its place. */
const GENERATED = /[-.][0-9a-f]{7,64}$/;

export const fixedNameRule = defineRule({
  id: "secrets-fixed-name",
  group: "secrets",
  title: "What cannot be changed in place has a generated name.",
  severity: "medium",
  why: "Swarm secrets and configs, and immutable ones of Kubernetes, are replaced when their content changes. With a fixed name the new one cannot be created while the old one is in use, so that the secret can never be rotated without downtime.",
  fix: "Leave the name out, or end it with a hash of the content.",
  example: `new docker.Secret("database-password", { data })   // no name`,
  kinds: ["docker/Secret", "docker/ServiceConfig", "core/Secret", "core/ConfigMap"],
  check({ view, props, report }) {
    const fixed = (name: Reader) => name.exists && !GENERATED.test(name.text() ?? "");
    if (view.kind.startsWith("docker/")) {
      if (fixed(props.at("name"))) report(`the name "${props.at("name").text()}" is fixed`, props.at("name"));
      return;
    }
    const metadata = props.at("metadata");
    if (metadata.at("annotations", "pulumi.com/autonamed").text() === "true" || metadata.at("generateName").exists) return;
    if (props.at("immutable").flag() === true && fixed(metadata.at("name")))
      report(`the name "${metadata.at("name").text()}" of an immutable object is fixed`, metadata.at("name"));
  },
});
