import { createHash } from "node:crypto";

/** Hashes of a password file that nginx and Traefik both understand: bcrypt, Apache's MD5 and SHA-1 in base64. */
const HASH = /^(?:\$2[aby]\$\d\d\$[./A-Za-z0-9]{53}|\$apr1\$[./A-Za-z0-9]{1,8}\$[./A-Za-z0-9]{22}|\{SHA\}[A-Za-z0-9+/]{27}=)$/;

/** What to do about a hash that is none. */
export const HASH_FIX =
  "give what htpasswd -nB USER prints after the colon, a RandomPassword's bcryptHash, or randomPasswordHash(password)";

/** Whether a text is the hash of a password, and not the password. */
export function isPasswordHash(text: string): boolean {
  return HASH.test(text);
}

/**
 * The hash, where it is one.
 * @throws RangeError for anything else: deployed, a password would stand in a file for anyone to read, and let nobody in
 */
export function passwordHash(user: string, text: string): string {
  if (isPasswordHash(text)) return text;
  throw new RangeError(`basicAuth.users: the value of ${JSON.stringify(user)} is not a password's hash. Fix: ${HASH_FIX}.`);
}

/**
 * The hash of a password that a machine made of at least 128 random bits: SHA-1, which costs a balancer next to nothing. What bcrypt's
 * 60 ms a request make up for are passwords that can be guessed, and such a one cannot.
 * @param password e.g. the `result` of a RandomPassword of 32 letters and digits (190 bits)
 * @throws RangeError for one of less than 22 characters
 */
export function randomPasswordHash(password: string): string {
  if (password.length < 22)
    throw new RangeError("the password is too short for a fast hash. Fix: make it of 22 random characters or more.");
  return `{SHA}${createHash("sha1").update(password).digest("base64")}`;
}
