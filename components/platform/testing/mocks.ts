import * as pulumi from "@pulumi/pulumi";
import { SEGMENTS, type Ref } from "../../workload";

/** A resource whose creation was asked for. */
export interface RecordedResource {
  type: string;
  name: string;
  inputs: Record<string, unknown>;
}

/**
 * Answers for every resource instead of an engine, with outputs that tell where they come from. Call it before the module
 * under test is imported.
 * @returns what was asked for, in order; splice it to start anew
 */
export async function recordResources(): Promise<RecordedResource[]> {
  const recorded: RecordedResource[] = [];
  await pulumi.runtime.setMocks({
    newResource: ({ type, name, inputs }) => {
      recorded.push({ type, name, inputs: inputs as Record<string, unknown> });
      const outputs = {
        result: `generated ${name}`,
        privateKeyPemPkcs8: `key of ${name}`,
        certPem: `certificate of ${name}\n`,
        certRequestPem: `request of ${name}`,
        validityEndTime: "2030-01-01T00:00:00Z",
      };
      return { id: `${name}-id`, state: { ...outputs, ...inputs } };
    },
    call: () => ({}),
  });
  return recorded;
}

/** The value of an Output or of a plain value. */
export function valueOf<T>(input: pulumi.Input<T>): Promise<pulumi.Unwrap<T>> {
  return new Promise((resolve) => {
    pulumi.output(input).apply(resolve as (value: unknown) => void);
  });
}

/** A reference as a platform declares it, for what a spec does not run. */
export function declaredRef(name: string, ports: Record<string, number>): Ref {
  return { name, fullName: `testbro-${name}`, host: `testbro-${name}`, ports, segment: SEGMENTS.edge };
}
