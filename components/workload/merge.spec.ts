import assert from "node:assert/strict";
import fc from "fast-check";
import { mergeOptions } from "./merge";

/** Trees of plain objects whose leaves are anything else. */
const leaf = fc.oneof(fc.integer(), fc.string(), fc.boolean(), fc.array(fc.integer()), fc.constant(null));
const { tree } = fc.letrec<{ tree: Record<string, unknown> }>((tie) => ({
  tree: fc.dictionary(fc.constantFrom("a", "b", "c", "d", "__proto__"), fc.oneof({ maxDepth: 3 }, leaf, tie("tree")), {
    noNullPrototype: true,
  }) as fc.Arbitrary<Record<string, unknown>>,
}));

class Box {
  constructor(readonly inside: number) {}
}

describe("mergeOptions", () => {
  it("lays fields over the base at every depth", () => {
    const base = { a: 1, nested: { b: 2, c: 3, deeper: { d: 4 } } };
    assert.deepEqual(mergeOptions(base, { nested: { c: 30, deeper: {} } }), { a: 1, nested: { b: 2, c: 30, deeper: { d: 4 } } });
  });

  it("takes arrays, functions and instances whole", () => {
    const base: { list: number[]; box: Box; run: () => number } = { list: [1, 2, 3], box: new Box(1), run: () => 1 };
    const box = new Box(2);
    const merged = mergeOptions(base, { list: [9], box, run: () => 2 });
    assert.deepEqual(merged.list, [9]);
    assert.equal(merged.box, box);
    assert.equal(merged.run(), 2);
  });

  it("replaces a value by an object and an object by a value", () => {
    const base: { x: number | { y: number } } = { x: 1 };
    assert.deepEqual(mergeOptions(base, { x: { y: 2 } }), { x: { y: 2 } });
    assert.deepEqual(mergeOptions({ x: { y: 2 } } as typeof base, { x: 1 }), { x: 1 });
  });

  it("merges objects without a prototype too", () => {
    const bare = Object.assign(Object.create(null) as Record<string, unknown>, { b: 2 });
    assert.deepEqual(mergeOptions<Record<string, unknown>>({ x: { a: 1 } }, { x: bare }), { x: { a: 1, b: 2 } });
  });

  it("leaves the base where the override is undefined", () => {
    assert.deepEqual(mergeOptions({ a: 1, b: { c: 2 } }, { a: undefined, b: { c: undefined } }), { a: 1, b: { c: 2 } });
    const base = { a: 1 };
    assert.equal(mergeOptions(base, undefined), base);
  });

  it("does not reach a prototype through __proto__", () => {
    mergeOptions<Record<string, unknown>>({}, JSON.parse('{"__proto__":{"polluted":true}}') as Record<string, unknown>);
    assert.equal(({} as Record<string, unknown>)["polluted"], undefined);
  });

  it("changes neither argument", () => {
    fc.assert(
      fc.property(tree, tree, (base, overrides) => {
        const before = structuredClone([base, overrides]);
        mergeOptions<Record<string, unknown>>(base, overrides);
        assert.deepEqual([base, overrides], before);
      }),
    );
  });

  it("has {} as identity on either side, and laying the same over twice is laying it once", () => {
    fc.assert(
      fc.property(tree, tree, (base, overrides) => {
        assert.deepEqual(mergeOptions<Record<string, unknown>>(base, {}), base);
        assert.deepEqual(mergeOptions<Record<string, unknown>>({}, overrides), overrides);
        const once = mergeOptions<Record<string, unknown>>(base, overrides);
        assert.deepEqual(mergeOptions<Record<string, unknown>>(once, overrides), once);
      }),
    );
  });

  it("keeps every leaf of the override and every branch of the base it does not name", () => {
    fc.assert(
      fc.property(tree, tree, (base, overrides) => {
        const merged = mergeOptions<Record<string, unknown>>(base, overrides);
        for (const key of Object.keys(overrides)) {
          const value = overrides[key];
          if (typeof value !== "object" || value === null || Array.isArray(value)) assert.deepEqual(merged[key], value);
        }
        for (const key of Object.keys(base)) if (!(key in overrides)) assert.deepEqual(merged[key], base[key]);
      }),
    );
  });
});
