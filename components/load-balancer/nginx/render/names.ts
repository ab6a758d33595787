/** nginx's variable for something of one route. */
export function variableOf(what: string, route: { name: string }): string {
  return `$${what}_${route.name.replaceAll("-", "_")}`;
}

/** Text that a regular expression takes literally. */
export function escapeRegex(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
