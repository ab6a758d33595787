import type { ClientFiles, TraefikAccess, TraefikOptions } from "./options";
import { clientCriterion, type Chain } from "./middlewares";

/** An address no request comes from: a list of it lets nobody through. */
export const NOBODY = "0.0.0.0/32";

/** Header of a request that carries an API key, and the one that tells the upstream which it was. */
const KEY_HEADER = "X-API-Key";
const CLIENT_HEADER = "X-API-Client";

/** Address lists that include the container's host, by name: the image's entry point writes them, because only it knows the address. */
export type HostLists = Record<string, string[]>;

/** Access rules of one thing (a route, the dashboard). */
export interface Guard {
  name: string;
  access: TraefikAccess;
}

/** The list that has the container's host and nobody else. */
const HOST_LIST = "host";

/** Name of the list of who may come in besides the host; most have nobody, and share one. */
function hostListName({ name, access }: Guard): string {
  return access.allow?.length ? `${name}-${HOST_LIST}` : HOST_LIST;
}

function addressChain(options: TraefikOptions, guard: Guard): Chain {
  const { allow = [], allowFrom } = guard.access;
  if (allow.length === 0 || allowFrom === "host") return [];
  return [[`${guard.name}-addresses`, { ipAllowList: { sourceRange: allow, ...clientCriterion(options) } }]];
}

function passwordChain({ name, access }: Guard): Chain {
  if (!access.basicAuth) return [];
  const { users, realm = "Restricted" } = access.basicAuth;
  return [[`${name}-password`, { basicAuth: { users, realm, removeHeader: true } }]];
}

/** What a judge is told of the request is the balancer's own view, and of its answer only so many bytes are read. */
const JUDGED = { trustForwardHeader: false, maxResponseBodySize: 65_536 };

function tlsFiles(client: ClientFiles | undefined): { tls?: { ca: string; cert: string; key: string } } {
  return client ? { tls: { ca: client.caFile, cert: client.certificateFile, key: client.keyFile } } : {};
}

function forwardChain(options: TraefikOptions, { name, access }: Guard): Chain {
  const chain: Chain = [];
  if (access.forwardAuth) {
    const { address, requestHeaders, responseHeaders } = access.forwardAuth;
    chain.push([
      `${name}-forward`,
      {
        forwardAuth: {
          address,
          ...JUDGED,
          ...(requestHeaders ? { authRequestHeaders: requestHeaders } : {}),
          ...(responseHeaders ? { authResponseHeaders: responseHeaders } : {}),
        },
      },
    ]);
  }
  if (access.apiKeys && options.keyService !== undefined) {
    chain.push(
      [
        `${name}-key`,
        {
          forwardAuth: {
            address: `${options.keyService}/${name}`,
            ...JUDGED,
            ...tlsFiles(options.client),
            authRequestHeaders: [KEY_HEADER],
            authResponseHeaders: [CLIENT_HEADER],
          },
        },
      ],
      // The key is the balancer's to know, not the upstream's.
      [`${name}-without-key`, { headers: { customRequestHeaders: { [KEY_HEADER]: "" } } }],
    );
  }
  return chain;
}

/** What a request has to pass by its address. */
export function addressGuard(options: TraefikOptions, guard: Guard): { chain: Chain; outside: string[] } {
  const outside = guard.access.allowFrom === "host" ? [`${hostListName(guard)}@file`] : [];
  return { chain: addressChain(options, guard), outside };
}

/** What a request has to show: a password, a key. */
export function credentialGuard(options: TraefikOptions, guard: Guard): Chain {
  return [...passwordChain(guard), ...forwardChain(options, guard)];
}

/** The lists the image's entry point has to write besides the host's own, which is always there. */
export function hostLists(guards: readonly Guard[]): HostLists {
  const guarded = guards.filter(({ access }) => access.allowFrom === "host" && access.allow?.length);
  return Object.fromEntries(guarded.map((guard) => [hostListName(guard), guard.access.allow ?? []]));
}

/** {@link HostLists} as the entry point's environment variable. */
export function hostListsText(lists: HostLists): string {
  return Object.entries(lists)
    .map(([name, ranges]) => (ranges.length > 0 ? `${name}=${ranges.join(",")}` : name))
    .join(" ");
}
