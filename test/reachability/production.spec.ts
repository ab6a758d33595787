import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { parse, stringify } from "yaml";
import { type NetworkPolicy, reachability } from "./evaluate";
import { parties, type PodFacts, whoReachesWhom } from "./matrix";

/** Root folder of the checkout; this file runs from `test/dist/reachability`. */
const CHECKOUT = resolve(__dirname, "../../..");

interface Controller {
  metadata: { name: string; namespace: string };
  spec: {
    template: {
      metadata: { labels: Record<string, string> };
      spec: { hostNetwork?: boolean; containers: { ports?: { containerPort: number; protocol: "TCP" | "UDP" }[] }[] };
    };
  };
}

function yaml<T>(file: string): T {
  return parse(readFileSync(join(CHECKOUT, file), "utf8")) as T;
}

/** What the production stack is configured with: its file over the project's defaults, and what only a real one has. */
function configuration(kubeconfig: string, balancer: string, acme: boolean): Record<string, unknown> {
  const project = yaml<{ config: Record<string, { default?: unknown }> }>("Pulumi.yaml").config;
  const stack = yaml<{ config: Record<string, unknown> }>("Pulumi.production.yaml").config;
  const given = Object.fromEntries(Object.entries(stack).map(([key, value]) => [key.replace(/^testbro:/, ""), value]));
  const beside = balancer === "traefik" ? ["traefik", "discovery"] : [];
  const images = ["nginx", "backend", "frontend", "postgres", "redis", "prometheus", "exporters", "acme", ...beside].map((name) => [
    name,
    `example/${name}@sha256:1`,
  ]);
  return {
    ...Object.fromEntries(Object.entries(project).map(([key, { default: value }]) => [key, value])),
    ...given,
    kubernetes: { ...(given["kubernetes"] as object), kubeconfig, apiServer: { cidrs: ["10.96.0.1/32"] } },
    loadBalancer: balancer,
    ...(acme ? { acme: { email: "ops@testbro.org" }, domain: "testbro.org" } : {}),
    images: Object.fromEntries(images) as Record<string, string>,
  };
}

for (const [balancer, acme] of [
  ["nginx", false],
  ["nginx", true],
  ["traefik", false],
  ["traefik", true],
] as const) {
  describe(`the production stack behind ${balancer}${acme ? " with certificates from an ACME authority" : ""}`, function () {
    this.timeout(60_000);
    const matrix = whoReachesWhom(balancer, { acme });
    const recorded: { type: string; name: string; inputs: Record<string, unknown> }[] = [];

    before("is rendered", async () => {
      await pulumi.runtime.setMocks({
        newResource: ({ type, name, inputs }) => {
          const given = inputs as { metadata?: object };
          recorded.push({ type, name, inputs: given as Record<string, unknown> });
          const outputs = {
            result: "x".repeat(32),
            bcryptHash: "x",
            privateKeyPemPkcs8: "key",
            certPem: "certificate",
            certRequestPem: "request",
          };
          return { id: `${name}-id`, state: { ...outputs, ...given, metadata: { name, ...given.metadata } } };
        },
        call: () => ({}),
      });
      const folder = mkdtempSync(join(tmpdir(), "testbro-kubeconfig-"));
      try {
        const kubeconfig = join(folder, "config");
        writeFileSync(kubeconfig, stringify({ contexts: [{ name: "testbro-production" }] }));
        const stacks = join(CHECKOUT, "stacks/dist");
        const { readEnvironment } = (await import(join(stacks, "environment.js"))) as typeof import("../../stacks/environment.js");
        const { deploy } = (await import(join(stacks, "deployment.js"))) as typeof import("../../stacks/deployment.js");
        await deploy(readEnvironment("testbro", configuration(kubeconfig, balancer, acme)));
        await pulumi.runtime.disconnect();
      } finally {
        rmSync(folder, { recursive: true });
      }
    });

    const of = <T>(kind: string): T[] => recorded.filter(({ type }) => type.endsWith(`:${kind}`)).map(({ inputs }) => inputs as T);
    const controllers = (): Controller[] => [
      ...of<Controller>("Deployment"),
      ...of<Controller>("StatefulSet"),
      ...of<Controller>("DaemonSet"),
    ];

    it("is on Kubernetes alone, in one namespace, but for what sees its node", () => {
      assert.deepEqual(
        [...new Set(recorded.map(({ type }) => type.split(":")[0]))].filter((each) => each === "docker"),
        [],
      );
      const elsewhere = controllers().filter(({ metadata }) => metadata.namespace !== "testbro-production");
      assert.deepEqual(
        elsewhere.map(({ metadata, spec }) => [metadata.name, metadata.namespace, spec.template.spec.hostNetwork]),
        [["testbro-node-exporter", "testbro-production-node", true]],
      );
    });

    it("lets reach whom the matrix says, and nobody else: DNS, API server and the outside included", () => {
      // Policies do not reach what is in its node's network.
      const within = controllers().filter(({ spec }) => !spec.template.spec.hostNetwork);
      const pods = within.map(({ metadata, spec }, index): PodFacts => ({
        name: metadata.name.replace(/^testbro-/, ""),
        namespace: metadata.namespace,
        labels: spec.template.metadata.labels,
        ports: spec.template.spec.containers.flatMap(({ ports = [] }) =>
          ports.map(({ containerPort, protocol }) => ({ port: containerPort, protocol })),
        ),
        address: `10.244.1.${index + 1}`,
      }));
      const everybody = parties(pods);
      assert.deepEqual(
        reachability(of<NetworkPolicy>("NetworkPolicy"), everybody.parties, everybody.destinations),
        Object.fromEntries(everybody.parties.map(({ name }) => [name, matrix[name]])),
      );
      assert.deepEqual(everybody.parties.map(({ name }) => name).sort(), Object.keys(matrix).sort());
    });

    it("scales backend and frontend from 3 to 10 by CPU and memory, and says no number of replicas itself", () => {
      const scalers = of<{
        metadata: { name: string };
        spec: { minReplicas: number; maxReplicas: number; metrics: { resource: { target: { averageUtilization: number } } }[] };
      }>("HorizontalPodAutoscaler");
      assert.deepEqual(
        scalers
          .map(({ metadata, spec }) => [
            metadata.name,
            spec.minReplicas,
            spec.maxReplicas,
            ...spec.metrics.map(({ resource }) => resource.target.averageUtilization),
          ])
          .sort(),
        [
          ["testbro-backend", 3, 10, 70, 80],
          ["testbro-frontend", 3, 10, 70, 80],
        ],
      );
      for (const { metadata, spec } of controllers()) {
        assert.equal(
          "replicas" in spec,
          !["testbro-backend", "testbro-frontend", "testbro-node-exporter"].includes(metadata.name),
          metadata.name,
        );
      }
    });
  });
}
