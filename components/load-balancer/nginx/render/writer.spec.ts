import assert from "node:assert/strict";
import fc from "fast-check";
import { readNginx, type ReadDirective } from "./nginx-syntax.fixture";
import { block, comment, directive, literal, mapKey, onOff, quote, write, type Statement } from "./writer";

/** Text made of what means something to nginx, and of anything else. */
const hostile = fc.oneof(
  fc.stringMatching(/^[ \t\r\n;{}"'\\$#a-z()=~]{0,20}$/),
  fc.string({ unit: "binary", maxLength: 30 }).filter((text) => !text.includes("\0")),
  fc.constantFrom("", "$host", "${host}", "a; return 200", 'x" ; }', "\\", '\\"', "'", "# x", "}", "{", "on\n}\nhttp {", "\u2028", "é"),
);

function plain(statement: Statement): ReadDirective[] {
  if ("comment" in statement) return [];
  const words = [statement.name, ...statement.args.map(String)];
  return [statement.body ? { words, body: statement.body.flatMap(plain) } : { words }];
}

const simple = fc.tuple(hostile, fc.array(hostile, { maxLength: 4 })).map(([name, args]) => directive(name, ...args));
const statement = fc.letrec<{ node: Statement }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 3 },
    simple,
    hostile.map(comment),
    fc
      .tuple(hostile, fc.array(hostile, { maxLength: 3 }), fc.array(tie("node"), { maxLength: 3 }))
      .map(([name, args, body]) => block(name, args, body)),
  ),
})).node;

describe("nginx writer", () => {
  it("writes only what reads back as the same directives, whatever the words contain", () => {
    fc.assert(
      fc.property(fc.array(statement, { maxLength: 4 }), (statements) => {
        assert.deepEqual(readNginx(write(statements)), statements.flatMap(plain));
      }),
      { numRuns: 2000 },
    );
  });

  it("a literal expands no variable: every dollar sign becomes the variable that holds one", () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const [read] = readNginx(write([directive("x", literal(text))]));
        const word = read?.words[1] ?? "";
        assert.equal(word.replaceAll("${dollar}", "$"), text);
        assert.equal(word.replaceAll("${dollar}", "").includes("$"), false);
      }),
    );
  });

  it("refuses a NUL", () => {
    assert.throws(() => quote("a\0b"), /contains a NUL/);
    assert.throws(() => quote(literal("\0")), RangeError);
  });

  it("leaves plain words bare, so that the file is easy to read", () => {
    assert.equal(write([directive("server", "app:3001", "resolve", "max_fails=2")]), "server app:3001 resolve max_fails=2;\n");
    assert.equal(write([block("location", ["/a b"], [directive("return", 404)])]), 'location "/a b" {\n  return 404;\n}\n');
  });

  it("takes the special words of a map literally", () => {
    assert.equal(mapKey("default"), "\\default");
    assert.equal(mapKey("~x"), "\\~x");
    assert.equal(mapKey("plain"), "plain");
    assert.equal(onOff(true) + onOff(false), "onoff");
  });
});
