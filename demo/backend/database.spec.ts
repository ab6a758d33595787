import assert from "node:assert/strict";
import { isUnavailable } from "./database";

describe("isUnavailable", () => {
  /** As the driver throws what the server answered. */
  const refusal = (code: string) => Object.assign(new Error("refused"), { code });

  for (const [code, what] of [
    ["08006", "connection failure"],
    ["53300", "too many connections"],
    ["57P01", "shutdown by the administrator"],
    ["57P02", "crash of another session"],
    ["57P03", "still starting"],
  ] as const) {
    it(`is true for ${code}, ${what}`, () => assert.equal(isUnavailable(refusal(code)), true));
  }

  for (const [code, what] of [
    ["23505", "unique violation"],
    ["42P01", "undefined table"],
    ["57014", "statement cancelled"],
    ["28P01", "wrong password"],
  ] as const) {
    it(`is false for ${code}, ${what}`, () => assert.equal(isUnavailable(refusal(code)), false));
  }

  it("is true when there was no answer from the server at all", () => {
    assert.equal(isUnavailable(Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" })), true);
    assert.equal(isUnavailable(new Error("Connection terminated unexpectedly")), true);
    assert.equal(isUnavailable(new Error("Query read timeout")), true);
  });
});
