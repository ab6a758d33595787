import type { Reader } from "../core/reader";
import type { View } from "../core/resource";

/** A configuration text carried by a resource, with where it stands. */
export interface ConfigText {
  /** File or key name, where there is one. */
  name: string;
  at: Reader;
  /** @throws Undecided */
  text(): string;
}

/** Kinds that carry configuration texts. */
export const CONFIG_KINDS = ["docker/ServiceConfig", "docker/Container", "core/ConfigMap"] as const;

function decode(text: string): string {
  return Buffer.from(text, "base64").toString("utf8");
}

/** Every configuration text of a Swarm config, of files uploaded into a container, or of a ConfigMap. @throws Undecided */
export function configTexts(view: View): ConfigText[] {
  const { props } = view;
  if (view.kind === "docker/ServiceConfig") {
    const raw = props.at("dataRaw");
    const at = raw.written ? raw : props.at("data");
    return [{ name: view.name, at, text: () => (raw.written ? (at.text() ?? "") : decode(at.text() ?? "")) }];
  }
  if (view.kind === "docker/Container") {
    return props
      .at("uploads")
      .list()
      .map((upload) => {
        const plain = upload.at("content");
        const at = plain.written ? plain : upload.at("contentBase64");
        return { name: upload.at("file").text() ?? "", at, text: () => (plain.written ? (at.text() ?? "") : decode(at.text() ?? "")) };
      });
  }
  if (view.kind !== "core/ConfigMap") return [];
  return [
    ...props
      .at("data")
      .entries()
      .map(([name, at]) => ({ name, at, text: () => at.text() ?? "" })),
    ...props
      .at("binaryData")
      .entries()
      .map(([name, at]) => ({ name, at, text: () => decode(at.text() ?? "") })),
  ];
}

/** One `server` block of an nginx configuration: its directives, without those of nested blocks. */
export interface NginxServer {
  /** Directives by name, each with its arguments as written. */
  directives: Map<string, string[]>;
  /** Everything within the block. */
  body: string;
}

/** An nginx configuration as far as policies look at it. */
export interface NginxConfig {
  servers: NginxServer[];
  /** Values of a directive that stand outside of every server block. */
  outside(directive: string): string[];
}

function withoutComments(text: string): string {
  return text.replace(/(^|\s)#[^\n]*/g, "$1");
}

/** Index of the brace that closes the one at `open`, or the end. */
function closing(text: string, open: number): number {
  let depth = 0;
  for (let index = open; index < text.length; index++) {
    if (text[index] === "{") depth++;
    else if (text[index] === "}" && --depth === 0) return index;
  }
  return text.length;
}

/** Directives of a block on its own level: `name arguments;`, nested blocks left out. */
function directivesOf(body: string): Map<string, string[]> {
  let flat = "";
  for (let index = 0; index < body.length; index++) {
    if (body[index] === "{") {
      index = closing(body, index);
      flat += ";";
    } else flat += body[index];
  }
  const directives = new Map<string, string[]>();
  for (const match of flat.matchAll(/(?:^|;)\s*([a-z_]+)\s+((?:"[^"]*"|'[^']*'|[^;"'])*)(?=;)/g)) {
    const list = directives.get(match[1]!);
    if (list) list.push(match[2]!.trim());
    else directives.set(match[1]!, [match[2]!.trim()]);
  }
  return directives;
}

/** Whether a text is an nginx configuration: it has a server block with a `listen`. */
export function isNginx(text: string): boolean {
  return /\bserver\s*\{/.test(text) && /\blisten\s+[^;]+;/.test(text);
}

/** Reads an nginx configuration; enough of its grammar for directives and server blocks. */
export function parseNginx(source: string): NginxConfig {
  const text = withoutComments(source);
  const servers: NginxServer[] = [];
  let rest = "";
  let from = 0;
  for (const match of text.matchAll(/\bserver\s*\{/g)) {
    const open = match.index + match[0].length - 1;
    if (open < from) continue;
    const end = closing(text, open);
    const body = text.slice(open + 1, end);
    servers.push({ directives: directivesOf(body), body });
    rest += text.slice(from, match.index);
    from = end + 1;
  }
  rest += text.slice(from);
  return {
    servers,
    outside: (directive) => [...rest.matchAll(new RegExp(`(?:^|[;{}\\s])${directive}\\s+([^;]+);`, "g"))].map((match) => match[1]!.trim()),
  };
}

/** Whether a server block takes TLS connections. */
export function listensTls(server: NginxServer): boolean {
  return (server.directives.get("listen") ?? []).some((listen) => /\b(?:ssl|quic)\b/.test(listen));
}

/** Whether a server block takes plain HTTP connections from outside, on port 80 or 8080. */
export function listensPlainHttp(server: NginxServer): boolean {
  return (server.directives.get("listen") ?? []).some(
    (listen) => !/\b(?:ssl|quic)\b/.test(listen) && /(?:^|:)(?:80|8080)\b/.test(listen) && !/^127\./.test(listen),
  );
}

/** Whether a server block lets nobody in: it rejects every TLS handshake, or answers every request with an error or not at all (444). */
export function refusesAll(server: NginxServer): boolean {
  if (server.directives.get("ssl_reject_handshake")?.[0] === "on") return true;
  return /^4\d\d\b/.test(server.directives.get("return")?.[0] ?? "");
}
