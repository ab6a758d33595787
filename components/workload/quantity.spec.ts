import assert from "node:assert/strict";
import fc from "fast-check";
import { bytes, millicores } from "./quantity";

describe("quantities", () => {
  for (const [given, expected] of [
    ["500m", 500],
    ["2", 2000],
    [0.5, 500],
    ["0.25", 250],
    [0, 0],
    [" 1 ", 1000],
  ] as const) {
    it(`reads ${JSON.stringify(given)} as ${expected} millicores`, () => assert.equal(millicores(given), expected));
  }

  for (const [given, expected] of [
    ["256Mi", 268_435_456],
    ["1Gi", 1_073_741_824],
    ["500M", 500_000_000],
    ["1.5Ki", 1536],
    ["2k", 2000],
    ["1T", 1e12],
    ["1Ti", 2 ** 40],
    ["7G", 7e9],
    [1024, 1024],
  ] as const) {
    it(`reads ${JSON.stringify(given)} as ${expected} bytes`, () => assert.equal(bytes(given), expected));
  }

  for (const given of ["", "m", "-1", "1 core", "1e3", "500M", NaN, Infinity, -0.5, "0x10", "1.", ".5"]) {
    it(`refuses ${JSON.stringify(given)} (${String(given)}) as CPU, naming it and the accepted forms`, () => {
      assert.throws(
        () => millicores(given),
        (error: Error) => error instanceof RangeError && error.message.includes(`"${given}"`) && error.message.includes('"500m"'),
      );
    });
  }

  for (const given of ["", "Mi", "-1Gi", "1 Gi", "10m", "1KB", "1gi", NaN, Infinity, -1]) {
    it(`refuses ${JSON.stringify(given)} (${String(given)}) as bytes, naming it and the accepted forms`, () => {
      assert.throws(
        () => bytes(given),
        (error: Error) => error instanceof RangeError && error.message.includes(`"${given}"`) && error.message.includes('"256Mi"'),
      );
    });
  }

  it("gives the same for a whole number of cores and its millicores", () => {
    fc.assert(fc.property(fc.nat(1_000_000), (cores) => millicores(cores) === millicores(`${cores * 1000}m`)));
  });

  it("keeps order and grows by 1024 from one binary suffix to the next", () => {
    fc.assert(
      fc.property(fc.nat(100_000), (amount) => {
        assert.equal(bytes(`${amount}Mi`), 1024 * bytes(`${amount}Ki`));
        assert.equal(bytes(`${amount}Gi`), 1024 * bytes(`${amount}Mi`));
        assert.ok(bytes(`${amount}M`) <= bytes(`${amount}Mi`));
      }),
    );
  });

  it("answers with a number or a RangeError, whatever it is given", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.double()), (given) => {
        for (const parse of [bytes, millicores]) {
          try {
            const value = parse(given);
            assert.ok(Number.isFinite(value) && value >= 0, `${given} became ${value}`);
          } catch (error) {
            assert.ok(error instanceof RangeError);
          }
        }
      }),
    );
  });
});
