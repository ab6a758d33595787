import { setTimeout as sleep } from "node:timers/promises";
import { Trouble } from "../trouble";
import { ApiServerError, type ApiServer } from "./api-server";
import { SERVICE_LABEL, type EndpointSlice } from "./slices";

/** Milliseconds until a failed question is asked again: this long at first, then twice as long each time, up to the longest. */
const PAUSE_MS = { first: 500, longest: 8000 };

/** Milliseconds between the beginnings of two watches, at least. */
const WATCH_MS = 1000;

/** What is followed. */
export interface FollowerOptions {
  namespace: string;
  /** Names of the Services, one at least. */
  services: readonly string[];
  /** Gets a line for people when something changes: trouble, and its end. */
  say: (line: string) => void;
}

/** History of the version that was asked for is gone (HTTP status, and `code` of a Status). */
const GONE = 410;

/**
 * Keeps the EndpointSlices of some Services as the API server has them: all of them once, then every change. While the API server is away
 * the last known ones stand.
 */
export class Follower {
  #slices: Map<string, EndpointSlice> | undefined;
  readonly #trouble: Trouble;
  #reachedAt: number | undefined;
  #watching = false;

  constructor(
    private readonly api: ApiServer,
    private readonly options: FollowerOptions,
  ) {
    this.#trouble = new Trouble(options.say);
  }

  /** The slices; undefined until they were first read. */
  get slices(): Iterable<EndpointSlice> | undefined {
    return this.#slices?.values();
  }

  /** When the API server was last heard, milliseconds since 1970: now, while a watch is open; undefined: never. */
  get reachedAt(): number | undefined {
    return this.#watching ? Date.now() : this.#reachedAt;
  }

  /** Follows until the signal; no trouble ends it. */
  async run(signal: AbortSignal): Promise<void> {
    let pause = PAUSE_MS.first;
    while (!signal.aborted) {
      const begun = Date.now();
      try {
        await this.#watch(await this.#list(signal), signal);
      } catch (error) {
        if (!signal.aborted) this.#trouble.met(error as Error, (why) => `${this.#meanwhile}, because ${why}`);
      }
      if (Date.now() - begun > PAUSE_MS.longest) pause = PAUSE_MS.first;
      await sleep(pause, undefined, { signal }).catch(() => undefined);
      pause = Math.min(2 * pause, PAUSE_MS.longest);
    }
  }

  get #meanwhile(): string {
    return this.#slices ? "goes on with the replicas it knows" : "knows no replicas";
  }

  get #path(): string {
    return `/apis/discovery.k8s.io/v1/namespaces/${this.options.namespace}/endpointslices`;
  }

  get #query(): Record<string, string> {
    return { labelSelector: `${SERVICE_LABEL} in (${this.options.services.join(",")})` };
  }

  async #list(signal: AbortSignal): Promise<string> {
    const { items, version } = await this.api.list<EndpointSlice>(this.#path, this.#query, signal);
    this.#slices = new Map(items.map((slice) => [slice.metadata.name, slice]));
    return version;
  }

  /** Returns when the history from the last seen version on is gone, so that everything has to be read anew. */
  async #watch(from: string, signal: AbortSignal): Promise<void> {
    let version = from;
    for (;;) {
      const begun = Date.now();
      try {
        const events = await this.api.watch<EndpointSlice & { code?: number; message?: string }>(this.#path, this.#query, version, signal);
        this.#trouble.over("the API server answers again");
        this.#watching = true;
        for await (const { type, object } of events) {
          if (type === "ERROR") throw new ApiServerError(object.code ?? 0, object.message ?? "no reason");
          version = object.metadata.resourceVersion ?? version;
          if (type === "DELETED") this.#slices?.delete(object.metadata.name);
          else if (type !== "BOOKMARK") this.#slices?.set(object.metadata.name, object);
        }
      } catch (error) {
        if (error instanceof ApiServerError && error.status === GONE) return;
        throw error;
      } finally {
        if (this.#watching) this.#reachedAt = Date.now();
        this.#watching = false;
      }
      await sleep(Math.max(0, begun + WATCH_MS - Date.now()), undefined, { signal });
    }
  }
}
