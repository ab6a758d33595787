import { readFileSync } from "node:fs";
import { PolicyPack } from "@pulumi/policy";
import { toPolicies } from "./core/crossguard";
import { preset, resolveSettings } from "./core/settings";
import { shareInputs } from "./core/shared-inputs";
import { rules } from "./rules";

/**
 * Entry point of the policy pack. Creating a `PolicyPack` starts a server, so nothing else may import this file.
 *
 * `TESTBRO_POLICY_PRESET`: `advisory`, `standard` (default) or `strict`. `TESTBRO_POLICY_CONFIG`: a JSON file with levels and parameters
 * by rule id. Pulumi's own `--policy-pack-config` wins over both.
 */
const file = process.env["TESTBRO_POLICY_CONFIG"];
const settings = resolveSettings(
  rules,
  preset(process.env["TESTBRO_POLICY_PRESET"] || "standard"),
  file ? (JSON.parse(readFileSync(file, "utf8")) as unknown) : {},
);

shareInputs();

new PolicyPack("testbro", {
  displayName: "TestBro production policies",
  description: "Health checks, resource limits, TLS and what else makes Docker and Kubernetes deployments safe.",
  policies: toPolicies(rules, settings),
});
