// The fixtures of the rules as the resources of one program.
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
const { allFixtures } = require("../dist/fixtures/all.js");
const { resourcesOf } = require("../dist/fixtures/fixtures.js");

/** @typedef {{ type: string, name: string, props: Record<string, any>, protect?: boolean }} Resource */

/** Kinds without a namespace. */
const CLUSTER = /:(?:Namespace|ClusterRole|ClusterRoleBinding|StorageClass|PersistentVolume)$/;

/**
 * The fixtures of one sort, each in a world of its own: names end in the fixture's number, and namespaces too, so that no fixture's
 * budget, policy or backup covers another's workload.
 *
 * @param {"bad" | "unknown"} sort
 * @param {(resource: Resource) => boolean} wanted
 * @returns {{ resources: Resource[], expected: { rule: string, names: string[] }[] }} `expected`: every fixture's rule, and the
 *   resources at one of which it has to be found
 */
export function program(sort, wanted) {
  const resources = [];
  const expected = [];
  let number = 0;
  for (const fixtures of allFixtures()) {
    for (const stack of fixtures[sort]) {
      const list = resourcesOf(stack);
      if (!list.every(wanted)) continue;
      const suffix = `f${++number}`;
      const own = list.map((resource) => ({ ...resource, name: `${resource.name}-${suffix}`, props: inNamespace(resource, suffix) }));
      resources.push(...own);
      expected.push({ rule: fixtures.rule.id, names: own.map(({ name }) => name) });
    }
  }
  return { resources, expected };
}

/** @param {Resource} resource @param {string} suffix */
function inNamespace({ type, props }, suffix) {
  const metadata = props.metadata;
  if (!type.startsWith("kubernetes:") || typeof metadata !== "object" || metadata === null) return props;
  const moved = { ...metadata };
  if (typeof moved.namespace === "string" && moved.namespace.length < 30) moved.namespace = `${moved.namespace}-${suffix}`;
  if (CLUSTER.test(type) && typeof moved.name === "string" && moved.name.length < 30) moved.name = `${moved.name}-${suffix}`;
  return { ...props, metadata: moved };
}

/** The resources as a state that `pulumi stack export` could have written. @param {Resource[]} resources */
export function state(resources) {
  const urn = (/** @type {string} */ type, /** @type {string} */ name) => `urn:pulumi:preview::policy-fixtures::${type}::${name}`;
  const stack = { urn: urn("pulumi:pulumi:Stack", "policy-fixtures-preview"), type: "pulumi:pulumi:Stack", custom: false };
  return {
    version: 3,
    deployment: {
      manifest: { time: "2026-01-01T00:00:00Z", magic: "", version: "" },
      resources: [
        stack,
        ...resources.map(({ type, name, props, protect }) => ({
          urn: urn(type, name),
          type,
          custom: !type.startsWith("testbro:"),
          ...(type.startsWith("testbro:") ? {} : { id: name }),
          inputs: props,
          outputs: props,
          protect: protect ?? false,
        })),
      ],
    },
  };
}
