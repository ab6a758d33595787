import { createHash, randomBytes } from "node:crypto";

/** Random bytes of a key: 256 bits. */
const SECRET_BYTES = 32;

/** Fewest characters after the dot: 128 bits in base64url. */
const SHORTEST_SECRET = 22;

/** What {@link hashApiKey} gives: an MD5 in base64url. */
export const hashPattern = /^[A-Za-z0-9_-]{22}$/;

/**
 * The hash the balancer keeps of an API key (`id.secret`), in the form nginx's secure_link compares.
 * MD5 is enough only because the secret is random and long, which is checked.
 * @throws RangeError when the key has another form or its secret is short
 */
export function hashApiKey(key: string): string {
  const match = /^([a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?)\.([A-Za-z0-9_-]+)$/.exec(key);
  if (!match) throw new RangeError("an API key is `id.secret`: a lower-case name, a dot, and letters, digits, - or _");
  if ((match[3] ?? "").length < SHORTEST_SECRET) {
    throw new RangeError(`the secret of API key "${match[1]}" is shorter than ${SHORTEST_SECRET} characters; use newApiKey("${match[1]}")`);
  }
  return createHash("md5").update(key).digest("base64url");
}

/** A new random API key for a client. Hand it to the client and keep only its {@link hashApiKey}. */
export function newApiKey(id: string): string {
  return `${id}.${randomBytes(SECRET_BYTES).toString("base64url")}`;
}
