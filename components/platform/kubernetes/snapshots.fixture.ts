import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type * as pulumi from "@pulumi/pulumi";
import { stringify } from "yaml";

/** Snapshots stand beside the sources; specs run from `dist`. Write them anew with UPDATE_SNAPSHOTS=1. */
const SNAPSHOTS = join(__dirname.replace(join("components", "dist"), "components"), "snapshots");

/** A resource whose creation was asked for. */
export interface RecordedObject {
  type: string;
  name: string;
  // Input trees are the provider's; specs read them by path.
  inputs: any; // eslint-disable-line @typescript-eslint/no-explicit-any
  provider: string | undefined;
}

/** What an object is in the cluster: its inputs, with a name by the provider where it has none of its own. */
function objectState(name: string, inputs: { metadata?: object }): object {
  return { ...inputs, metadata: { name: `${name}-auto`, ...inputs.metadata } };
}

/**
 * Has Pulumi record what would be created instead of creating it.
 * @param runtime Pulumi's, as the spec imported it
 * @param record told of each resource
 * @param made what a resource gives besides its inputs, by its name
 */
export async function recordObjects(
  runtime: typeof pulumi.runtime,
  record: (object: RecordedObject) => void,
  made: (name: string) => object = () => ({}),
): Promise<void> {
  await runtime.setMocks(
    {
      newResource: ({ type, name, inputs, provider }) => {
        record({ type, name, inputs, provider });
        return { id: `${name}-id`, state: { ...made(name), ...objectState(name, inputs as { metadata?: object }) } };
      },
      call: ({ inputs }) => inputs,
    },
    "project",
    "stack",
    false,
  );
}

/** What a spec of the Kubernetes platform uses: modules that are imported once Pulumi records, and what was asked for since {@link recorded} was emptied. */
export class RecordingKubernetes {
  pulumi!: typeof pulumi;
  kubernetes!: typeof import("./index.js");
  recorded: RecordedObject[] = [];
}

/** Declares the hook of such a spec. */
export function withKubernetes(): RecordingKubernetes {
  const recording = new RecordingKubernetes();
  before(async () => {
    recording.pulumi = await import("@pulumi/pulumi");
    await recordObjects(recording.pulumi.runtime, (object) => recording.recorded.push(object));
    recording.kubernetes = await import("./index.js");
  });
  return recording;
}

/**
 * Compares the Kubernetes objects among some resources with the snapshot of a name.
 * @param folder of the snapshots
 */
export function assertSnapshot(name: string, resources: readonly RecordedObject[], folder = SNAPSHOTS): void {
  const text = resources
    .filter(({ type }) => type.startsWith("kubernetes:"))
    .sort((left, right) => (`${left.type} ${left.name}` < `${right.type} ${right.name}` ? -1 : 1))
    .map(({ type, name: resource, inputs }) => {
      return `# ${type} ${resource}\n${stringify(inputs, { aliasDuplicateObjects: false, lineWidth: 0 })}`;
    })
    .join("---\n");
  const file = join(folder, `${name}.yaml`);
  if (process.env["UPDATE_SNAPSHOTS"]) {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
  assert.ok(existsSync(file), `${file} is missing: run with UPDATE_SNAPSHOTS=1 and look at what it writes`);
  assert.equal(text, readFileSync(file, "utf8"));
}
