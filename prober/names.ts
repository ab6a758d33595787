import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import { once } from "node:events";
import {
  decode,
  encode,
  RECURSION_AVAILABLE,
  RECURSION_DESIRED,
  TRUNCATED_RESPONSE,
  type Answer,
  type DecodedPacket,
  type Question,
} from "dns-packet";
import { hostAndPort } from "./configuration";
import type { Choice, Family } from "./core/group";
import type { Answered } from "./metrics";
import type { Resolver } from "./resolver";

/** Most bytes nginx reads of an answer over UDP. */
const LARGEST_ANSWER = 4096;

/** Response codes (RFC 1035, 4.1.1). */
const NO_ERROR = 0;
const SERVER_FAILURE = 2;
const NAME_ERROR = 3;

/** IP version of what a question of this type asks for. */
const FAMILIES: Record<string, Family | undefined> = { A: 4, AAAA: 6 };

/** Who decides what is given of a name. */
export interface Chooser {
  knows(host: string): boolean;
  /** Takes what DNS says now. */
  heard(host: string, addresses: readonly string[], family: Family): Choice;
  /** As things stand. */
  choose(host: string, addresses: readonly string[]): Choice;
}

/** The response code is in the lowest four bits of the flags. */
function codeOf(packet: DecodedPacket): number {
  return (packet.flags ?? 0) & 0xf;
}

function addressOf(answer: Answer): string | undefined {
  return answer.type === "A" || answer.type === "AAAA" ? (answer as { data: string }).data : undefined;
}

function addressesOf(answers: readonly Answer[]): string[] {
  return answers.map(addressOf).filter((address) => address !== undefined);
}

/** The answers, of the addresses only those that were chosen. */
function only(answers: readonly Answer[], { addresses }: Choice): Answer[] {
  return answers.filter((answer) => {
    const address = addressOf(answer);
    return address === undefined || addresses.includes(address);
  });
}

function respond(query: DecodedPacket, code: number, answers: Answer[] = [], more = 0): Buffer {
  const flags = RECURSION_DESIRED | RECURSION_AVAILABLE | more | code;
  return encode({ id: query.id ?? 0, type: "response", flags, questions: query.questions ?? [], answers });
}

/** Has nginx ask again over TCP, which goes to the platform's name server as it is. */
function truncated(query: DecodedPacket): Buffer {
  return respond(query, NO_ERROR, [], TRUNCATED_RESPONSE);
}

/** A question with room for the answer (EDNS, RFC 6891): without, it ends at 512 bytes, which are thirty replicas. */
function roomy(query: DecodedPacket, question: Question): Buffer {
  const room = {
    type: "OPT" as const,
    name: ".",
    udpPayloadSize: LARGEST_ANSWER,
    extendedRcode: 0,
    ednsVersion: 0,
    flags: 0,
    flag_do: false,
  };
  return encode({
    id: query.id ?? 0,
    type: "query",
    flags: RECURSION_DESIRED,
    questions: [question],
    additionals: [{ ...room, options: [] }],
  });
}

/**
 * The name server that nginx asks. Every question goes on to the platform's name server, so a replica that comes or goes is known as soon
 * as it was without this; of the names whose replicas are asked, the answer is without those that fail.
 */
export class Names {
  /** Last good answers by type and name, for when the platform's name server is away. */
  readonly #last = new Map<string, Answer[]>();
  #socket: Socket | undefined;

  constructor(
    private readonly chooser: Chooser,
    private readonly answered: (how: Answered) => void,
    public resolver: Pick<Resolver, "ask">,
  ) {}

  /** Answers at `address:port` from now on, and nowhere else. */
  async listen(at: string): Promise<void> {
    const { host, port } = hostAndPort(at, 53);
    const socket = createSocket("udp4");
    socket.on("message", (message, sender) => void this.#reply(socket, message, sender));
    socket.bind(port, host);
    await once(socket, "listening");
    await this.close();
    this.#socket = socket;
  }

  async close(): Promise<void> {
    const socket = this.#socket;
    this.#socket = undefined;
    if (socket) await new Promise<void>((resolve) => socket.close(resolve));
  }

  async #reply(socket: Socket, message: Buffer, { address, port }: RemoteInfo): Promise<void> {
    try {
      socket.send(await this.answer(message), port, address);
    } catch {
      // What cannot be read has no answer; a socket closed meanwhile has none to give, and nginx asks again.
    }
  }

  /** The answer to a query, both as they are on the wire. @throws Error when the query cannot be read */
  async answer(message: Buffer): Promise<Buffer> {
    const query = decode(message);
    const [question] = query.questions ?? [];
    const family = FAMILIES[question?.type ?? ""];
    if (question && family && this.chooser.knows(question.name)) return this.#answer(query, question, family);
    this.answered("passed-on");
    return (await this.resolver.ask(message)) ?? respond(query, SERVER_FAILURE);
  }

  async #answer(query: DecodedPacket, question: Question, family: Family): Promise<Buffer> {
    const name = question.name.toLowerCase();
    const key = `${question.type} ${name}`;
    const raw = await this.resolver.ask(roomy(query, question));
    const reply = raw && read(raw);
    const code = reply ? codeOf(reply) : SERVER_FAILURE;
    if (code !== NO_ERROR && code !== NAME_ERROR) return this.#remembered(query, key, name, code);
    if (reply?.flag_tc) {
      this.answered("passed-on");
      return truncated(query);
    }
    const answers = reply?.answers ?? [];
    this.#last.set(key, code === NAME_ERROR ? [] : answers);
    const addresses = addressesOf(answers);
    const choice = this.chooser.heard(name, addresses, family);
    this.answered(choice.addresses.length < addresses.length ? "filtered" : "whole");
    const packet = respond(query, code, only(answers, choice));
    return packet.length > LARGEST_ANSWER ? truncated(query) : packet;
  }

  /** The platform's name server is away: what it said last, without what has failed since. */
  #remembered(query: DecodedPacket, key: string, name: string, code: number): Buffer {
    const last = this.#last.get(key) ?? [];
    this.answered(last.length > 0 ? "remembered" : "failed");
    return last.length > 0 ? respond(query, NO_ERROR, only(last, this.chooser.choose(name, addressesOf(last)))) : respond(query, code);
  }
}

function read(raw: Buffer): DecodedPacket | undefined {
  try {
    return decode(raw);
  } catch {
    return undefined;
  }
}
