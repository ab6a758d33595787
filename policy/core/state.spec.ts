import assert from "node:assert/strict";
import { Reader } from "./reader";
import { readState, StateError } from "./state";

const SIGNATURE = { "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270" };
const urn = "urn:pulumi:dev::shop::docker:index/service:Service::backend";
const state = (resources: unknown, version: unknown = 3) => JSON.stringify({ version, deployment: { manifest: {}, resources } });

describe("readState", () => {
  it("reads inputs, protection and parents, and leaves out what is being deleted", () => {
    const [resource, ...rest] = readState(
      state([
        { urn, type: "docker:index/service:Service", protect: true, parent: "p", inputs: { name: "a" }, outputs: { name: "b" } },
        { urn, type: "docker:index/service:Service", delete: true },
      ]),
    );
    assert.deepEqual(rest, []);
    assert.deepEqual(resource, {
      urn,
      name: "backend",
      type: "docker:index/service:Service",
      props: { name: "a" },
      protect: true,
      parent: "p",
    });
  });

  it("falls back to the outputs of a component without inputs", () => {
    assert.deepEqual(readState(state([{ urn, type: "a:b:C", outputs: { host: "x" } }]))[0]!.props, { host: "x" });
  });

  it("reads secrets exported in plain text and marks encrypted ones", () => {
    const inputs = { open: { ...SIGNATURE, plaintext: '{"a":[1]}' }, closed: { ...SIGNATURE, ciphertext: "v1:…" } };
    const props = new Reader(readState(state([{ urn, type: "t", inputs }]))[0]!.props, "");
    assert.deepEqual(props.at("open").json(), { a: [1] });
    assert.equal(props.at("closed").encrypted, true);
  });

  it("refuses what is no state, and says why", () => {
    for (const [text, message] of [
      ["", /not JSON/],
      ["nonsense", /not JSON/],
      ["null", /no object/],
      ["{}", /version undefined; versions 3 and 4 are known/],
      [state([], 99), /version 99/],
      [JSON.stringify({ version: 3 }), /no deployment/],
      [state({}), /not a list/],
      [state([{ urn: "x", type: "y" }]), /resource 1 of the state has no valid urn and type/],
      [state([null]), /resource 1/],
    ] as const) {
      assert.throws(
        () => readState(text),
        (error: unknown) => error instanceof StateError && message.test(error.message),
        text,
      );
    }
  });
});
