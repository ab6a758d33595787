import { dirname, join } from "node:path";
import ts from "typescript";

/** Whether strings belong to a type: `string`, a literal or a pattern. */
function isText(type: ts.Type): boolean {
  return (type.flags & ts.TypeFlags.StringLike) !== 0;
}

/**
 * The path of every option of a type that is, or may be, a string, as the compiler sees it; lists count as what is in them, and the keys of
 * a dictionary are `{}`.
 * @param file TypeScript source that exports the type
 */
export function stringOptions(file: string, name: string): Set<string> {
  const options: ts.CompilerOptions = { strict: true, target: ts.ScriptTarget.ES2022, lib: ["lib.es5.d.ts"], types: [] };
  const host = ts.createCompilerHost(options);
  // Options are made of what stands beside them; the rest of the product and Pulumi's types would only take time.
  host.resolveModuleNameLiterals = (literals, containing) =>
    literals.map(({ text }) => ({
      resolvedModule: text.startsWith("./")
        ? { resolvedFileName: join(dirname(containing), `${text}.ts`), extension: ts.Extension.Ts }
        : undefined,
    }));
  const program = ts.createProgram([file], options, host);
  const checker = program.getTypeChecker();
  const source = program.getSourceFile(file);
  const module = source && checker.getSymbolAtLocation(source);
  const symbol = module && checker.getExportsOfModule(module).find((each) => each.name === name);
  if (!symbol) throw new Error(`${file} exports no ${name}`);
  const found = new Set<string>();

  function walk(type: ts.Type, path: string, within: readonly ts.Type[]): void {
    if (isText(type)) found.add(path);
    else if (type.isUnion()) for (const member of type.types) walk(member, path, within);
    else if (checker.isArrayType(type)) for (const inner of checker.getTypeArguments(type as ts.TypeReference)) walk(inner, path, within);
    else if ((type.flags & ts.TypeFlags.Object) !== 0 || type.isIntersection()) {
      if (within.includes(type)) return;
      const values = type.getStringIndexType();
      if (values) {
        found.add(`${path}{}`);
        walk(values, path, [...within, type]);
      }
      for (const property of type.getProperties()) {
        walk(checker.getTypeOfSymbol(property), path === "" ? property.name : `${path}.${property.name}`, [...within, type]);
      }
    }
  }

  walk(checker.getDeclaredTypeOfSymbol(symbol), "", []);
  return found;
}

/** Source of the options; specs run from `dist`. */
export const OPTIONS_SOURCE = join(__dirname.replace(join("components", "dist"), "components"), "options.ts");
