/** Text of a name in Lua: a path or lower-case letters, digits and hyphens, never a quote. */
export function inLua(name: string): string {
  return `'${name}'`;
}

/** A call of one of the image's Lua modules (`images/nginx/lua`). */
export function callLua(module: string, name: string, argument = ""): string {
  return `require('${module}').${name}(${argument})`;
}
