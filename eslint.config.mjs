import js from "@eslint/js";
import globals from "globals";
import tseslint from "typescript-eslint";

/** Folders of `components` that describe an app and so must not know any provider: the same tier runs on every platform. */
const PLATFORM_NEUTRAL = [
  "components/workload/**",
  "components/load-balancer/**",
  "components/app/**",
  "components/data/**",
  "components/observability/**",
  "components/autoscaling/**",
  "components/certificates/**",
  "components/platform/*.ts",
];

const ONE_PROVIDER = "a tier describes Workloads; only components/platform/<name> knows a provider";

export default tseslint.config(
  { ignores: ["**/dist/**", "**/node_modules/**", "**/coverage/**"] },
  js.configs.recommended,
  ...tseslint.configs.recommended,
  { languageOptions: { globals: globals.node } },
  {
    files: ["**/*.ts"],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: { "@typescript-eslint/no-floating-promises": "error", "@typescript-eslint/no-misused-promises": "error" },
  },
  {
    files: ["**/*.spec.ts", "**/*.spec.mjs", "test/**/*.ts"],
    languageOptions: { globals: { ...globals.node, ...globals.mocha } },
    rules: { "@typescript-eslint/no-unused-expressions": "off" },
  },
  {
    files: PLATFORM_NEUTRAL,
    ignores: ["**/*.spec.ts"],
    rules: {
      "no-restricted-imports": [
        "error",
        {
          paths: [
            { name: "@pulumi/docker", message: ONE_PROVIDER },
            { name: "@pulumi/kubernetes", message: ONE_PROVIDER },
          ],
          patterns: [
            { group: ["@pulumi/docker/*", "@pulumi/kubernetes/*", "@pulumi/docker-build*"], message: ONE_PROVIDER },
            {
              group: ["**/platform/swarm*", "**/platform/kubernetes*", "**/platform/compose*"],
              message: "a tier takes a Platform; it does not choose one",
            },
          ],
        },
      ],
    },
  },
);
