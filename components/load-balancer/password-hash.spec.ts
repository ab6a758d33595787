import assert from "node:assert/strict";
import { isPasswordHash, passwordHash, randomPasswordHash } from "./password-hash";

describe("hashes of passwords", () => {
  it("are told from passwords", () => {
    const hashes = [
      `$2y$10$${"a".repeat(53)}`,
      `$2b$05$${"./Az09".padEnd(53, "x")}`,
      `$apr1$salt$${"b".repeat(22)}`,
      "{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=",
    ];
    for (const hash of hashes) assert.equal(passwordHash("ada", hash), hash);
    for (const text of ["", "secret", "$2y$10$x", "{SHA}x", "{PLAIN}secret", `${hashes[0]}\nbob:x`]) {
      assert.equal(isPasswordHash(text), false, text);
      const told = (error: Error) => /value of "ada" is not a password's hash\. Fix: /.test(error.message) && !/secret/.test(error.message);
      assert.throws(() => passwordHash("ada", text), told);
    }
  });

  it("of a random password are SHA-1 in base64, as a password file has them (RFC 2307)", () => {
    // Of printf %s PASSWORD | openssl sha1 -binary | base64
    assert.equal(randomPasswordHash("0123456789abcdefghijklmnopqrstuv"), "{SHA}HeD2SZa8fOTcKMBZO+AzXXRE6DU=");
    assert.throws(() => randomPasswordHash("short"), /too short for a fast hash/);
  });
});
