import assert from "node:assert/strict";
import fc from "fast-check";
import { checkNginx, renderNginx, type NginxOptions } from ".";
import { EXAMPLES } from "./examples.fixture";
import { readNginx, type ReadDirective } from "./nginx-syntax.fixture";
import { OPTIONS_SOURCE, stringOptions } from "./string-options.fixture";

/** Where a string stands in options; `key`: it is a dictionary's key. */
interface Place {
  steps: (string | number)[];
  key: boolean;
  /** The same without positions, as {@link stringOptions} writes it. */
  path: string;
}

/** Dictionaries, whose keys are the user's. */
const DICTIONARIES = ["headers.set", "routes.headers.set"];

function places(value: unknown, steps: (string | number)[] = []): Place[] {
  const path = steps.filter((step) => typeof step === "string").join(".");
  if (typeof value === "string") return [{ steps, key: false, path }];
  if (Array.isArray(value)) return value.flatMap((each, index) => places(each, [...steps, index]));
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, each]): Place[] => {
    if (!DICTIONARIES.includes(path)) return places(each, [...steps, name]);
    return [
      { steps: [...steps, name], key: true, path: `${path}{}` },
      { steps: [...steps, name], key: false, path },
    ];
  });
}

/** Options with another string in a place. */
function put(options: NginxOptions, { steps, key }: Place, text: string): NginxOptions {
  const changed = structuredClone(options);
  const last = steps.at(-1) ?? "";
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- any option at any depth
  const parent = steps.slice(0, -1).reduce<any>((value, step) => value[step], changed);
  if (key) {
    const entries = Object.entries(parent as Record<string, string>).map(([name, value]) => [name === last ? text : name, value] as const);
    for (const name of Object.keys(parent as object)) delete parent[name];
    for (const [name, value] of entries)
      Object.defineProperty(parent, name, { value, enumerable: true, configurable: true, writable: true });
  } else parent[last] = text;
  return changed;
}

/** Blocks in which the first word of a line is a value, not a directive. */
const TABLES = ["map", "split_clients", "types", "geo"];

/** Directives in whose words a dollar sign is no variable to nginx. */
const WITHOUT_VARIABLES = ["location", "rewrite", "default_type"];

/** What options may not change: which directives there are, where, with how many words, and which variables these expand. */
function shape(directives: readonly ReadDirective[], table = false): string {
  return directives
    .map(({ words, body }) => {
      const [name = "", ...rest] = words;
      const expanding = WITHOUT_VARIABLES.includes(name) && !table ? [] : rest;
      const variables = expanding.flatMap((word) => word.replaceAll("${dollar}", "").match(/\$\{?[a-z0-9_]*/gi) ?? []).length;
      return `${table ? "*" : name} ${words.length} ${variables}${body ? ` {${shape(body, TABLES.includes(name))}}` : ""}`;
    })
    .join("; ");
}

/** Fails where two shapes part, and shows that place alone: they are long. */
function assertSame(actual: string, expected: string | undefined, what: string): void {
  if (actual === expected) return;
  if (expected === undefined) assert.fail(`${what} was taken where nothing harmless fits`);
  let at = 0;
  while (actual[at] === expected[at]) at += 1;
  const near = (text: string) => text.slice(Math.max(0, at - 80), at + 60);
  assert.fail(`${what} changes\n  ${near(expected)}\nto\n  ${near(actual)}`);
}

function accepted(options: NginxOptions): boolean {
  return checkNginx("lb", options).length === 0;
}

/** Harmless strings of every kind that options have; for each place the first that fits. */
const HARMLESS = [
  "harmless",
  "/harmless/",
  "/harmless",
  "harmless.test",
  "https://harmless.test/",
  "192.0.2.99",
  "text/harmless",
  "7m",
  "7r/s",
  "A".repeat(22),
];

/** Text made of what means something to nginx, whole attacks, and anything else. */
const hostile = fc.oneof(
  fc.stringMatching(/^[ \t\r\n;{}"'\\$#a-z0-9()=~/.,:|*?-]{1,24}$/),
  fc.string({ unit: "grapheme", minLength: 1, maxLength: 20 }),
  fc
    .tuple(
      fc.constantFrom(
        "",
        "/",
        "a",
        "/a",
        "a.test",
        "192.0.2.1",
        "10.0.0.0/8",
        "https://a.test/",
        "10m",
        "5r/s",
        "text/html",
        "v1",
        "AAAAAAAAAAAAAAAAAAAAAA",
        "max-age=1",
      ),
      fc.constantFrom(
        "; return 200",
        '"; }',
        "' }",
        "\n}\nserver { listen 1; }",
        "$host",
        "${host}",
        "{",
        "}",
        "\\",
        "#",
        " on",
        "\r\nX-A: b",
        "\0",
        " resolve",
        ",*",
        "/../etc",
        "`",
        "%0a",
      ),
      fc.constantFrom("", "/", "a"),
    )
    .map((parts) => parts.join("")),
);

describe("strings of options", () => {
  const all = Object.entries(EXAMPLES).flatMap(([name, options]) => places(options).map((place) => ({ name, options, place })));

  it("are all in the examples, whatever kind of option", function () {
    this.timeout(60_000);
    const inExamples = new Set(all.map(({ place }) => place.path));
    const missing = [...stringOptions(OPTIONS_SOURCE, "NginxOptions")].filter((path) => !inExamples.has(path));
    assert.deepEqual(missing, [], "give the option in examples.fixture.ts, so that it is rendered, tested by nginx and attacked here");
  });

  it("cannot change what is configured: each is refused, or changes no directive but its own", function () {
    this.timeout(120_000);
    const expected = new Map<string, string | undefined>();
    const shapeOf = (options: NginxOptions) => shape(readNginx(renderNginx(options)));
    /** The shape with something harmless in the place; undefined where only certain words fit. */
    function harmless(index: number): string | undefined {
      const { name, options, place } = all[index] ?? assert.fail();
      const id = `${name} ${place.steps.join(".")} ${place.key}`;
      if (!expected.has(id)) {
        const fits = HARMLESS.map((text) => put(options, place, text)).find(accepted);
        expected.set(id, fits && shapeOf(fits));
      }
      return expected.get(id);
    }
    let taken = 0;
    fc.assert(
      fc.property(fc.nat({ max: all.length - 1 }), hostile, (index, text) => {
        const { options, place } = all[index] ?? assert.fail();
        const changed = put(options, place, text);
        // A route of everything has no 404 behind it: that path means something by itself.
        if (text === "/" || !accepted(changed)) return;
        taken += 1;
        assertSame(shapeOf(changed), harmless(index), `${place.path} = ${JSON.stringify(text)}`);
      }),
      { numRuns: 2000 },
    );
    assert.ok(taken > 50, `only ${taken} hostile strings were taken, so this shows little`);
  });

  it("cannot change it together either", function () {
    this.timeout(120_000);
    const free = all.filter(
      ({ options, place }) => accepted(put(options, place, "harmless")) || accepted(put(options, place, "/harmless/")),
    );
    fc.assert(
      fc.property(fc.constantFrom(...Object.keys(EXAMPLES)), fc.array(hostile, { minLength: 60, maxLength: 60 }), (name, texts) => {
        const example = EXAMPLES[name] ?? assert.fail();
        const own = free.filter((each) => each.name === name && !each.place.key);
        const fill = (text: (index: number) => string) =>
          own.reduce((options, { place }, index) => {
            const changed = put(options, place, text(index));
            // See above: that path means something by itself.
            return text(index) !== "/" && accepted(changed) ? changed : options;
          }, example);
        const attacked = fill((index) => texts[index % texts.length] ?? "");
        const touched = own.map(({ place }) => JSON.stringify(read(attacked, place)) !== JSON.stringify(read(example, place)));
        const calm = own.reduce((options, { place }, index) => {
          if (!touched[index]) return options;
          return HARMLESS.map((text) => put(options, place, text)).find(accepted) ?? options;
        }, example);
        assertSame(shape(readNginx(renderNginx(attacked))), shape(readNginx(renderNginx(calm))), name);
      }),
      { numRuns: 25 },
    );
  });
});

function read(options: NginxOptions, { steps }: Place): unknown {
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- any option at any depth
  return steps.reduce<any>((value, step) => value[step], options);
}
