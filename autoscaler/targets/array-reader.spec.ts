import assert from "node:assert/strict";
import fc from "fast-check";
import { ArrayReader, Unchanged } from "./array-reader";
import { FakeEngine } from "./engine.fixture";
import { EngineReader } from "./engine-reader";

/** Reads a text in pieces of the given lengths, again and again. */
function read(text: string, lengths: readonly number[], unchanged?: Unchanged<unknown>): unknown[] {
  const reader = new ArrayReader<unknown, unknown>((entry) => entry, unchanged);
  const bytes = Buffer.from(text);
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const length = lengths[turn % lengths.length] ?? bytes.length;
    // each piece in the same memory, as sockets may do it
    const piece = Buffer.from(bytes.subarray(at, at + length));
    reader.write(piece);
    piece.fill("]");
    at += length;
  }
  return reader.end();
}

describe("lists of the engine", () => {
  const lengths = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 6 });
  const entry = fc.dictionary(fc.string({ unit: "binary" }), fc.jsonValue(), { maxKeys: 4 });

  it("are what JSON.parse would have read, in whatever pieces they come", () => {
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 6 }), lengths, fc.constantFrom(undefined, 2), (list, pieces, indent) => {
        const text = JSON.stringify(list, undefined, indent);
        assert.deepEqual(read(text, pieces), JSON.parse(text));
        assert.deepEqual(read(text, pieces, new Unchanged()), JSON.parse(text));
      }),
      { numRuns: 300 },
    );
    for (const text of ["[]", " [ ] \n", "null", " null\n"]) assert.deepEqual(read(text, [1]), [], text);
  });

  it("that are none, or end in the middle, are refused", () => {
    for (const text of ["", "{}", '{"message":"x"}', "nul", "true", "[", '[{"a":1}', '[{"a":1},{"b"', '[{"a":"]', "[{a}]", "<html>"])
      assert.throws(() => read(text, [3]), SyntaxError, text);
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), lengths, (text, pieces) => {
        try {
          read(text, pieces);
        } catch (error) {
          assert.ok(error instanceof SyntaxError, String(error));
        }
      }),
    );
  });

  it("are not read again where neither id nor version has changed, and forgotten when gone", () => {
    const service = (id: string, index: number, name: string) =>
      `{"ID":"${id}","Version":{"Index":${index}},"CreatedAt":"x","Spec":{"Name":"${name}"}}`;
    let read = 0;
    const unchanged = new Unchanged<string>();
    const list = (...entries: string[]) => {
      const reader = new ArrayReader<{ Spec: { Name: string } }, string>((entry) => (read++, entry.Spec.Name), unchanged);
      reader.write(Buffer.from(`[${entries.join(",")}]`));
      return reader.end();
    };
    assert.deepEqual([list(service("a", 1, "A"), service("b", 1, "B")), read], [["A", "B"], 2]);
    assert.deepEqual([list(service("b", 1, "B"), service("a", 2, "A2")), read], [["B", "A2"], 3]);
    assert.deepEqual([list(service("b", 1, "B")), read], [["B"], 3]);
    assert.deepEqual([list(service("a", 2, "A2"), service("b", 1, "B")), read], [["A2", "B"], 4]);
    const other = '{"Spec":{"Name":"C"},"ID":"c","Version":{"Index":1}}';
    assert.deepEqual([list(other), list(other), read], [["C"], ["C"], 6], "an engine that puts them elsewhere is read in full");
  });

  it("that the engine refuses, come as its own words", async () => {
    const engine = await FakeEngine.start(({ path }) =>
      path === "/tasks" ? { status: 503, body: { message: "This node is not a swarm manager." } } : { status: 500, body: "plain trouble" },
    );
    try {
      const reader = new EngineReader(engine.docker);
      await assert.rejects(
        reader.list("/tasks", (task) => task),
        /503.*This node is not a swarm manager/,
      );
      await assert.rejects(reader.object("/containers/x/stats"), /500.*plain trouble/);
      const slow = await FakeEngine.start(() => ({ body: [] }), 100);
      slow.delay = 3000;
      await assert.rejects(
        new EngineReader(slow.docker).list("/tasks", (task) => task),
        /did not answer within 0.1 s/,
      );
      await slow.stop();
    } finally {
      await engine.stop();
    }
  });
});
