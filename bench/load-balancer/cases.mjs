// What is measured.

/**
 * @typedef {object} Case
 * @property {string} id
 * @property {string} title
 * @property {"http" | "https" | "https2" | "handshakes"} kind protocol of the requests; `handshakes`: a new TLS connection for each
 * @property {string} path what is asked for; below /cached/ the balancers may keep answers
 * @property {boolean} [resume] whether new connections resume the session before
 * @property {string} [uncached] the case with the same answers from the upstream
 * @property {boolean} [alone] measured of our balancer alone
 */

/** The two answers: JSON too small to be worth compressing, and a picture. */
export const [SMALL_FILE, LARGE_FILE] = ["small.json", "large.webp"];
export const SMALL_BODY = JSON.stringify({
  id: 4711,
  name: "a product of the shop",
  price: "19.90",
  inStock: true,
  tags: ["new", "sale"],
  rating: 4.5,
});
export const LARGE_BODY_BYTES = 20 * 1024;

const PROTOCOLS = /** @type {const} */ ([
  ["http", "HTTP/1.1"],
  ["https", "HTTPS, HTTP/1.1"],
  ["https2", "HTTPS, HTTP/2"],
]);

const BODIES = [
  { body: "small", file: SMALL_FILE, size: `${SMALL_BODY.length} bytes` },
  { body: "large", file: LARGE_FILE, size: `${LARGE_BODY_BYTES / 1024} KB` },
];

/** @type {Case[]} */
export const CASES = [
  ...PROTOCOLS.flatMap(([kind, protocol]) =>
    BODIES.map(({ body, file, size }) => ({ id: `${kind}-${body}`, title: `${protocol}, ${size}`, kind, path: `/${file}` })),
  ),
  ...PROTOCOLS.flatMap(([kind, protocol]) =>
    BODIES.map(({ body, file, size }) => ({
      id: `${kind}-${body}-cached`,
      title: `${protocol}, ${size}, cached`,
      kind,
      path: `/cached/${file}`,
      uncached: `${kind}-${body}`,
    })),
  ),
  // What a cache is for: an app that does something for its answers, if only as much as Node.js does for any.
  { id: "app", title: "HTTP/1.1, an app in Node.js", kind: "http", path: "/app", alone: true },
  { id: "app-cached", title: "HTTP/1.1, an app in Node.js, cached", kind: "http", path: "/cached/app", alone: true, uncached: "app" },
  { id: "connections-new", title: "New TLS connections, full handshake", kind: "handshakes", path: `/${SMALL_FILE}` },
  { id: "connections-resumed", title: "New TLS connections, resumed session", kind: "handshakes", path: `/${SMALL_FILE}`, resume: true },
];

/** Whether a balancer takes part in a case. @param {Case} one @param {import("./contenders.mjs").Contender} contender @param {string} own id of ours */
export const takesPart = ({ alone, uncached }, { id, caches }, own) => (alone ? id === own : uncached === undefined || caches);
