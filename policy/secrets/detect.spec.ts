import assert from "node:assert/strict";
import { entropy, looksGenerated, secretReason } from "./detect";

describe("secretReason", () => {
  const secret: [string, string][] = [
    ["DATABASE_PASSWORD", "hunter2"],
    ["PGPASSWORD", "hunter2"],
    ["dbPassword", "hunter2"],
    ["API_KEY", "abc"],
    ["SESSION_SECRET", "x y z"],
    ["X", "-----BEGIN RSA PRIVATE KEY-----\nMII"],
    ["X", "AKIAIOSFODNN7EXAMPLE"],
    ["X", "https://user:pa55word@host/path"],
    ["X", "redis://:pa55word@cache:6379"],
    ["X", "q8Zt3LmN0pXv7RbY2cKdW5sF"],
    ["X", "9f86d081884c7d659a2feaa0c55ad015"],
  ];
  const harmless: [string, string][] = [
    ["DATABASE_PASSWORD_FILE", "/run/secrets/password"],
    ["PASSWORD", ""],
    ["PASSWORD", "$(PASSWORD)"],
    ["PASSWORD", "${PASSWORD}"],
    ["TOKEN_TTL", "3600"],
    ["SECRET_NAME", "backend-tls"],
    ["tokenExpiry", "1h"],
    ["AUTH_ENABLED", "true"],
    ["GIT_SHA", "4f1c9a0b6d2e8f7350a1b2c3d4e5f60718293a4b"],
    ["IMAGE", "sha256:4f1c9a0b6d2e8f7350a1b2c3d4e5f60718293a4b5c6d7e8f9012a3b4c5d6e7f8"],
    ["REQUEST_ID", "123e4567-e89b-12d3-a456-426614174000"],
    ["URL", "https://api.example.com/v1/resources?limit=100"],
    ["URL", "postgres://app@database:5432/app?sslmode=verify-full"],
    ["CLASS", "io.example.shop.backend.SomeVeryLongClassName"],
    ["NAME", "shop-backend-production-eu-west-1"],
    ["COMPASS", "north"],
    ["BYPASS_CACHE", "yes"],
  ];
  for (const [name, value] of secret)
    it(`finds ${name}=${value.slice(0, 30)}`, () => assert.notEqual(secretReason(name, value), undefined));
  for (const [name, value] of harmless)
    it(`leaves ${name}=${value.slice(0, 30)} alone`, () => assert.equal(secretReason(name, value), undefined));

  it("measures entropy in bits a character", () => {
    assert.equal(entropy("aaaa"), 0);
    assert.equal(entropy("abcd"), 2);
    assert.equal(looksGenerated("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"), false);
  });
});
