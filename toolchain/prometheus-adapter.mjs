// prometheus-adapter, which serves Prometheus' series to HorizontalPodAutoscalers: https://github.com/kubernetes-sigs/prometheus-adapter
import { copyFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { paths } from "./paths.mjs";
import { buildPart } from "./pulumi/source.mjs";

/** @import { Part } from "./pulumi/recipe.mjs" */

/** The version that is built; the spec compares it with go.mod. */
export const PROMETHEUS_ADAPTER = "0.12.0";

/** @type {Part} */
export const PROMETHEUS_ADAPTER_PART = {
  name: "prometheus-adapter",
  title: "prometheus-adapter",
  version: PROMETHEUS_ADAPTER,
  sources: ["prometheus-adapter"],
  compilations: [
    {
      module: "prometheus-adapter",
      target: "sigs.k8s.io/prometheus-adapter/cmd/adapter",
      binary: "adapter",
      tags: "",
      versionVariable: "main.version",
      version: PROMETHEUS_ADAPTER,
    },
  ],
  scripts: {},
  seconds: 200,
};

/**
 * Puts the program into a folder, for images/metrics-adapter.
 *
 * @param {string} folder
 */
export async function bundle(folder) {
  const built = await buildPart(PROMETHEUS_ADAPTER_PART, { paths: paths(), env: process.env });
  mkdirSync(folder, { recursive: true });
  copyFileSync(join(built, "adapter"), join(folder, "adapter"));
}
