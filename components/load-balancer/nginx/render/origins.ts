import { write, writeLines, type Statement } from "./writer";

/**
 * Says which option statements come from. Options within options: an inner path is kept and follows the outer one, so that
 * `from("routes[2]", from("access", …))` gives `routes[2].access`.
 */
export function from(option: string, statements: readonly Statement[]): Statement[] {
  return statements.map((statement) => {
    const origin = statement.origin === undefined ? option : `${option}.${statement.origin}`;
    if (!("body" in statement) || statement.body === undefined) return { ...statement, origin };
    // Only what says something of its own; the rest belongs to the block around it.
    return { ...statement, origin, body: within(option, statement.body) };
  });
}

function within(option: string, body: readonly Statement[]): Statement[] {
  return body.map((statement) => {
    const origin = statement.origin === undefined ? {} : { origin: `${option}.${statement.origin}` };
    const inner = "body" in statement && statement.body !== undefined ? { body: within(option, statement.body) } : {};
    return { ...statement, ...origin, ...inner };
  });
}

/** {@link from} for a route's statements, with its place in the options; nothing for one that is not among them. */
export function fromRoute<T>(routes: readonly T[], route: T, statements: readonly Statement[]): Statement[] {
  const index = routes.indexOf(route);
  return index < 0 ? [...statements] : from(`routes[${index}]`, statements);
}

/**
 * The statements as text, followed by comments that say which option lines come from: `#@ FIRST-LAST OPTION`. The image's
 * `testbro-nginx-check` reads them when nginx refuses the text.
 * @param name starts every option's path, as in the problems of validation
 */
export function writeWithOrigins(statements: readonly Statement[], name: string): string {
  const ranges: { first: number; last: number; origin: string }[] = [];
  for (const [index, { origin }] of writeLines(statements).entries()) {
    const range = ranges.at(-1);
    if (origin === undefined) continue;
    if (range?.origin === origin && range.last === index) range.last = index + 1;
    else ranges.push({ first: index + 1, last: index + 1, origin });
  }
  return [write(statements), ...ranges.map(({ first, last, origin }) => `#@ ${first}-${last} ${name}.${origin}\n`)].join("");
}
