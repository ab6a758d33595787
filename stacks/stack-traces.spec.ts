import assert from "node:assert/strict";
import { inspect } from "node:util";
import * as pulumi from "@pulumi/pulumi";
import { completeFrames, keepStackTracesPrintable, withoutStackTrace } from "./stack-traces";

const BAD = "    at Stack.initializeAndRegisterOutputs (/app/node_modules/@pulumi/resource.ts:1598:22)";

describe("stack traces", () => {
  it("get the folder that a frame lacks, and are left alone otherwise", () => {
    const good =
      "Error: no\n    at run (/app/node_modules/@pulumi/pulumi/cmd/run/run.js:10:5)\n    at Object.<anonymous> (/app/stacks/index.ts:5:44)";
    assert.equal(completeFrames(good), good);
    assert.equal(completeFrames(`${good}\n${BAD}`), `${good}\n${BAD.replace("@pulumi/", "@pulumi/(source)/")}`);
    assert.equal(
      completeFrames("    at x (C:\\app\\node_modules\\@pulumi\\a.ts:1:2)"),
      "    at x (C:\\app\\node_modules\\@pulumi\\(source)\\a.ts:1:2)",
    );
  });

  it("can be printed with colours, whoever prepares them", () => {
    const before = Error.prepareStackTrace;
    try {
      Error.prepareStackTrace = (error) => `${error}\n${BAD}`;
      keepStackTracesPrintable();
      const printed = inspect(new Error("no such key"), { colors: true });
      assert.match(printed, /no such key/);
      assert.ok(printed.length < 1000, `${printed.length} characters`);
      const bare = new Error().stack ?? "";
      assert.match(bare, /^Error\n {4}at .*stack-traces\.spec\.js:\d+:\d+/, "an error without a message is not looked up in the sources");
      assert.ok(!bare.includes(BAD));
    } finally {
      Error.prepareStackTrace = before;
    }
  });

  it("are left out where a component refuses its options, and nowhere else", () => {
    const refusal = new pulumi.ResourceError("app.backend: no", undefined);
    assert.equal(withoutStackTrace(refusal), refusal);
    assert.equal(refusal.hideStack, true);
    const defect = new Error("no such function");
    assert.equal(withoutStackTrace(defect), defect);
    assert.ok(!("hideStack" in defect));
  });
});
