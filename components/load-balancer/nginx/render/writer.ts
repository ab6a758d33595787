/**
 * The only place that writes nginx syntax. Every argument is quoted here, so that no value, whatever it contains, can end
 * a directive, open or close a block, or start a comment.
 */

/** Name of the variable that holds one dollar sign: nginx has no escape for `$` where it expands variables. */
export const DOLLAR_VARIABLE = "dollar";

/** Text in which `$` is a dollar sign, not the start of a variable. Made by {@link literal}. */
export class Literal {
  constructor(readonly text: string) {}
}

/** An argument: a string (nginx expands its variables where the directive does) or a {@link Literal}. */
export type Argument = string | number | Literal;

/** A directive, with a block when `body` is there. */
export interface Directive {
  name: string;
  args: Argument[];
  body?: Statement[];
  /** Path of the option it comes from, e.g. `routes[2].access`; a block's holds for what in it has none. */
  origin?: string;
}

/** A comment line. */
export interface Comment {
  comment: string;
  origin?: string;
}

export type Statement = Directive | Comment;

/** Marks text from outside for a directive that expands variables: its dollar signs stay dollar signs. */
export function literal(text: string): Literal {
  return new Literal(text);
}

/** A simple directive: `name args;`. */
export function directive(name: string, ...args: Argument[]): Directive {
  return { name, args };
}

/** A block directive: `name args { body }`. */
export function block(name: string, args: Argument[], body: Statement[]): Directive {
  return { name, args, body };
}

/** A comment; line breaks become spaces. */
export function comment(text: string): Comment {
  return { comment: text };
}

/** `on` or `off`. */
export function onOff(value: boolean): string {
  return value ? "on" : "off";
}

/** Text from outside as the source value of a `map`: the words and marks that are special there are taken literally. */
export function mapKey(text: string): string {
  return /^(default|hostnames|include|volatile)$|^[~\\]/.test(text) ? `\\${text}` : text;
}

/** Characters that mean themselves outside quotes, wherever they stand in an argument. */
const BARE = /^[A-Za-z0-9_@$/*.=^~-][A-Za-z0-9_$/*.=^~:,%@+-]*$/;

/**
 * An argument as nginx reads it back (rules of its configuration parser: inside double quotes only `\` and `"` are special).
 * @throws RangeError for a NUL, which no argument can hold
 */
export function quote(argument: Argument): string {
  const text = argument instanceof Literal ? argument.text.replaceAll("$", `\${${DOLLAR_VARIABLE}}`) : String(argument);
  if (text.includes("\0")) throw new RangeError(`${JSON.stringify(text)} contains a NUL, which nginx cannot read; remove it`);
  if (BARE.test(text)) return text;
  const escaped = text
    .replaceAll("\\", "\\\\")
    .replaceAll('"', '\\"')
    .replaceAll("\n", "\\n")
    .replaceAll("\r", "\\r")
    .replaceAll("\t", "\\t");
  return `"${escaped}"`;
}

/** A line of a configuration file and the option it comes from. */
export interface Line {
  text: string;
  origin: string | undefined;
}

function lines(statement: Statement, indent: string, outer?: string): Line[] {
  const origin = statement.origin ?? outer;
  const line = (text: string): Line => ({ text: `${indent}${text}`, origin });
  if ("comment" in statement) return [line(`# ${statement.comment.replaceAll(/[\r\n\0]+/g, " ")}`)];
  // In a map the "name" is a value from outside like any other.
  const head = [statement.name, ...statement.args].map(quote).join(" ");
  if (!statement.body) return [line(`${head};`)];
  return [line(`${head} {`), ...statement.body.flatMap((inner) => lines(inner, `${indent}  `, origin)), line("}")];
}

/** The statements as lines, each with its origin. */
export function writeLines(statements: readonly Statement[]): Line[] {
  return statements.flatMap((statement) => lines(statement, ""));
}

/** The statements as the text of a configuration file. */
export function write(statements: readonly Statement[]): string {
  return `${writeLines(statements)
    .map(({ text }) => text)
    .join("\n")}\n`;
}
