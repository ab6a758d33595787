/** A directive as nginx reads it. */
export interface ReadDirective {
  words: string[];
  body?: ReadDirective[];
}

/**
 * Reads a configuration as nginx's parser does (written from its documented rules, independently of the writer): words are
 * separated by white space, `;` ends a directive, `{` and `}` are blocks, `#` at the start of a word is a comment, and in
 * quotes a backslash takes away the meaning of a quote or backslash and makes t, r and n the control characters.
 * @throws Error where nginx would refuse the text
 */
export function readNginx(text: string): ReadDirective[] {
  let at = 0;

  function skip(): void {
    for (;;) {
      while (/\s/.test(text[at] ?? "")) at += 1;
      if (text[at] !== "#") return;
      while (at < text.length && text[at] !== "\n") at += 1;
    }
  }

  function quoted(quote: string): string {
    let word = "";
    for (at += 1; text[at] !== quote; at += 1) {
      if (at >= text.length) throw new Error("a quote is never closed");
      const next = text[at + 1] ?? "";
      if (text[at] === "\\" && "\"'\\trn".includes(next)) {
        word += { t: "\t", r: "\r", n: "\n" }[next] ?? next;
        at += 1;
      } else word += text[at];
    }
    at += 1;
    if (!/[\s;{)]/.test(text[at] ?? "")) throw new Error(`"${text[at]}" right after a quote`);
    return word;
  }

  function bare(): string {
    const start = at;
    while (at < text.length && !/[\s;{]/.test(text[at] ?? "")) at += 1;
    return text.slice(start, at);
  }

  function body(inner: boolean): ReadDirective[] {
    const found: ReadDirective[] = [];
    for (;;) {
      skip();
      if (at >= text.length) {
        if (inner) throw new Error("a block is never closed");
        return found;
      }
      if (text[at] === "}") {
        if (!inner) throw new Error("a block is closed that was not opened");
        at += 1;
        return found;
      }
      const words: string[] = [];
      for (skip(); !";{".includes(text[at] ?? ";"); skip())
        words.push(text[at] === '"' || text[at] === "'" ? quoted(text[at] ?? "") : bare());
      if (at >= text.length) throw new Error(`${words.join(" ")} is never ended`);
      const block = text[at] === "{";
      at += 1;
      found.push(block ? { words, body: body(true) } : { words });
    }
  }

  return body(false);
}

/** Every directive, those in blocks included. */
export function flatten(directives: readonly ReadDirective[]): ReadDirective[] {
  return directives.flatMap((directive) => [directive, ...flatten(directive.body ?? [])]);
}
