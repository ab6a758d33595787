/** Words in a variable's name that announce a secret. */
const SECRET_NAME =
  /(?:^|[_.-])(?:pass(?:word|wd|phrase)?|pwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|encryption[_-]?key|signing[_-]?key|secret[_-]?key|credentials?|auth[_-]?key|salt|dsn[_-]?password)(?:$|[_.-])|pass(?:word|wd|phrase)(?:$|[_.-])/i;
/** Endings of names that only point at a secret or describe it. */
const POINTER =
  /(?:[_.-](?:file|path|dir|name|names|id|ids|ref|url|uri|host|port|user|username|ttl|expiry|expires|expiration|lifetime|length|size|algorithm|type|method|enabled|required|policy|header|version|count|limit|rotation))$/i;
/** Values that are no secret: empty, paths, switches, placeholders filled in elsewhere. */
const HARMLESS =
  /^(?:|\/[\w./-]*|true|false|yes|no|on|off|none|null|disabled|enabled|\d{1,5}|\$\{?[\w.()-]+\}?|\$\([\w.]+\)|<[^>]*>|\{\{.*\}\}|__file:.*|file:\/\/.*|\*+)$/i;

/** Forms only a secret has. */
const FORMS: readonly [string, RegExp][] = [
  ["a private key", /-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----/],
  ["an AWS access key", /\b(?:AKIA|ASIA)[0-9A-Z]{16}\b/],
  ["a GitHub token", /\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_\w{22,})/],
  ["a GitLab token", /\bglpat-[\w-]{20,}/],
  ["a Slack token", /\bxox[abposr]-[\w-]{10,}/],
  ["a Slack webhook", /hooks\.slack\.com\/services\/T\w+\/B\w+\/\w+/],
  ["a Stripe key", /\b[rs]k_live_\w{16,}/],
  ["a Google API key", /\bAIza[\w-]{35}/],
  ["a JSON web token", /\beyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]{8,}/],
  ["an npm token", /\bnpm_[A-Za-z0-9]{36}\b/],
  ["a password in a URL", /\b[a-z][a-z0-9+.-]*:\/\/[^\s:/@?#]*:(?!\$|%24|<|\*|\{)[^\s/@?#]+@[^\s]+/i],
];

/** Shannon entropy of a text in bits per character. */
export function entropy(text: string): number {
  const counts = new Map<string, number>();
  for (const character of text) counts.set(character, (counts.get(character) ?? 0) + 1);
  return [...counts.values()].reduce((sum, count) => sum - (count / text.length) * Math.log2(count / text.length), 0);
}

/** Names of values that look random by nature and are public. */
const PUBLIC_NAME =
  /(?:sha|commit|digest|hash|checksum|revision|fingerprint|build|version|uuid|guid|nonce|etag|cert(?:ificate)?|public|(?:^|[_.-])id$)/i;

/** Whether a text looks like a generated key: long, one word, mixed characters, high entropy. Digests, UUIDs, paths and names do not. */
export function looksGenerated(text: string): boolean {
  if (text.length < 20 || text.length > 512 || /^sha\d+[:-]/i.test(text) || /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text))
    return false;
  if (/^[0-9a-f]{32,}$/i.test(text)) return entropy(text) > 3;
  if (!/^[A-Za-z0-9+/_=-]+$/.test(text) || /^\/|\/\//.test(text)) return false;
  const classes = [/[a-z]/, /[A-Z]/, /[0-9]/].filter((characters) => characters.test(text)).length;
  // Words joined by hyphens, slashes or underscores are names.
  const words = text.split(/[-_/]/);
  if (words.length > 2 && words.every((word) => /^(?:[A-Za-z]+|\d+)$/.test(word))) return false;
  return classes === 3 && entropy(text) > 4;
}

/** `dbPassword` as `db_Password`, so that words are told apart in every spelling. */
function separated(name: string): string {
  return name.replace(/([a-z0-9])([A-Z])/g, "$1_$2");
}

/** Why a value under a name is a secret, or undefined. */
export function secretReason(name: string, value: string): string | undefined {
  const text = value.trim();
  for (const [what, form] of FORMS) if (form.test(text)) return what;
  if (HARMLESS.test(text)) return undefined;
  if (secretName(name)) return "a value whose name says it is secret";
  if (!PUBLIC_NAME.test(name) && looksGenerated(text)) return "a value that looks like a generated key";
  return undefined;
}

/** Whether a name alone says that its value is secret. */
export function secretName(name: string): boolean {
  const words = separated(name);
  return SECRET_NAME.test(words) && !POINTER.test(words);
}
