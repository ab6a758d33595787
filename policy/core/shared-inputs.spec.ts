import assert from "node:assert/strict";
import { shareInputs } from "./shared-inputs";

describe("shareInputs", () => {
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  const sdk = require("@pulumi/policy/deserialize") as { deserializeProperties(inputs: object, proxySecrets: boolean): object };
  const original = sdk.deserializeProperties;
  afterEach(() => (sdk.deserializeProperties = original));

  const struct = () => ({ reads: 0, toJavaScript: function () { this.reads++; return { a: { b: 1 } }; } }); // prettier-ignore

  it("turns a request's inputs into an object once", () => {
    assert.equal(shareInputs(), true, "the SDK has changed: see whether the pack can still share inputs");
    const inputs = struct();
    assert.deepEqual(sdk.deserializeProperties(inputs, false), { a: { b: 1 } });
    assert.equal(sdk.deserializeProperties(inputs, false), sdk.deserializeProperties(inputs, false));
    assert.equal(inputs.reads, 1);
    assert.notEqual(sdk.deserializeProperties(struct(), false), sdk.deserializeProperties(inputs, false));
  });

  it("leaves remediations a copy of their own", () => {
    shareInputs();
    const inputs = struct();
    assert.notEqual(sdk.deserializeProperties(inputs, true), sdk.deserializeProperties(inputs, true));
    assert.equal(inputs.reads, 2);
  });
});
