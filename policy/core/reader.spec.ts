import assert from "node:assert/strict";
import fc from "fast-check";
import { every, Reader, some } from "./reader";
import { ENCRYPTED, isUnknown, Undecided, UNKNOWN, unwrap } from "./unknown";

describe("Reader", () => {
  const reader = (raw: unknown) => new Reader(raw, "");

  it("names the place of a value", () => {
    const at = reader({ spec: { containers: [{ "a.b": 1 }] } }).at("spec", "containers", 0, "a.b");
    assert.equal(at.path, 'spec.containers[0]["a.b"]');
    assert.equal(at.number(), 1);
  });

  it("throws with the path of the unknown part, however deep the question goes", () => {
    const at = reader({ spec: UNKNOWN }).at("spec", "template", "replicas");
    assert.equal(at.known, false);
    for (const ask of [
      () => at.number(),
      () => at.text(),
      () => at.flag(),
      () => at.list(),
      () => at.entries(),
      () => at.exists,
      () => at.json(),
    ]) {
      assert.throws(ask, (error: unknown) => error instanceof Undecided && error.path === "spec");
    }
  });

  it("takes an encrypted secret for unknown and says that it is one", () => {
    const at = reader({ data: ENCRYPTED }).at("data");
    assert.equal(at.encrypted, true);
    assert.throws(() => at.text(), Undecided);
  });

  it("reads what is missing or of another type as nothing", () => {
    const at = reader({ text: "x", list: [1], flag: "true", number: " 3 ", nothing: null });
    assert.equal(at.at("text").number(), undefined);
    assert.equal(at.at("text").flag(), undefined);
    assert.deepEqual(at.at("text").list(), []);
    assert.deepEqual(at.at("list").entries(), []);
    assert.equal(at.at("flag").flag(), true);
    assert.equal(at.at("number").number(), 3);
    assert.equal(at.at("nothing").exists, false);
    assert.equal(at.at("nothing").written, false);
    assert.equal(at.at("absent", "deeper").text(), undefined);
  });

  it("never throws anything but Undecided, whatever the input", () => {
    fc.assert(
      fc.property(fc.anything({ withNullPrototype: true }), fc.array(fc.oneof(fc.string(), fc.nat(3))), (raw, keys) => {
        const at = reader(raw).at(...keys);
        for (const ask of [() => at.number(), () => at.text(), () => at.flag(), () => at.texts(), () => at.entries(), () => at.exists])
          ask();
      }),
    );
  });
});

describe("some and every", () => {
  const ask = (value: boolean | undefined) => {
    if (value === undefined) throw new Undecided("x");
    return value;
  };

  it("decide as three-valued logic does", () => {
    const values = fc.array(fc.constantFrom(true, false, undefined));
    fc.assert(
      fc.property(values, (list) => {
        if (list.includes(true)) assert.equal(some(list, ask), true);
        else if (list.includes(undefined)) assert.throws(() => some(list, ask), Undecided);
        else assert.equal(some(list, ask), false);
        if (list.includes(false)) assert.equal(every(list, ask), false);
        else if (list.includes(undefined)) assert.throws(() => every(list, ask), Undecided);
        else assert.equal(every(list, ask), true);
      }),
    );
  });

  it("let a bug through", () => {
    assert.throws(() => some([1], () => assert.fail("bug")), /bug/);
  });
});

describe("unknown values", () => {
  it("are the ones CrossGuard knows", () => {
    // eslint-disable-next-line @typescript-eslint/no-require-imports
    const proxy = require("@pulumi/policy/proxy") as Record<string, unknown>;
    const markers = Object.entries(proxy).filter(([name]) => /^unknown\w+Value$/.test(name));
    assert.equal(markers.length, 7);
    for (const [name, marker] of markers) assert.ok(isUnknown(marker), name);
    assert.equal(isUnknown("unknown"), false);
  });

  it("are read past CrossGuard's proxy without waking it", () => {
    // eslint-disable-next-line @typescript-eslint/no-require-imports
    const { unknownCheckingProxy } = require("@pulumi/policy") as { unknownCheckingProxy(value: object): Record<string, unknown> };
    const props = unknownCheckingProxy({ name: UNKNOWN, spec: { image: UNKNOWN, replicas: 2 }, list: [UNKNOWN] });
    assert.throws(() => props["name"], /can't be known/);
    const plain = new Reader(unwrap(props), "");
    assert.equal(plain.at("name").known, false);
    assert.equal(plain.at("spec", "replicas").number(), 2);
    assert.throws(() => plain.at("spec", "image").text(), Undecided);
    assert.throws(() => plain.at("list").list()[0]!.text(), Undecided);
  });
});
