import { createHash, timingSafeEqual } from "node:crypto";

/** API keys by route: each key's id and the hash that `hashApiKey` gives of it. */
export type Keys = Record<string, { id: string; hash: string }[]>;

const KEY = /^([a-z0-9-]+)\.[A-Za-z0-9_-]+$/;

/** Whose key it is, if it is good for the route. Of an unknown id as much time is taken as of a wrong key. */
export function judge(keys: Keys, route: string, key: string | undefined): string | undefined {
  const id = KEY.exec(key ?? "")?.[1];
  const known = Object.hasOwn(keys, route) ? keys[route]?.find((each) => each.id === id) : undefined;
  const given = createHash("md5")
    .update(key ?? "")
    .digest();
  const expected = Buffer.from(known?.hash ?? "", "base64url");
  const same = timingSafeEqual(given, expected.length === given.length ? expected : Buffer.alloc(given.length));
  return known && expected.length === given.length && same ? known.id : undefined;
}
