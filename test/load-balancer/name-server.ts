import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import type { AddressInfo } from "node:net";

const TYPE_A = 1;
const NAME_ERROR = 3;
const HEADER_BYTES = 12;
/** What Docker's name server says, so that only `valid=` makes nginx ask again. */
const TTL_SECONDS = 600;

/** A DNS server on loopback (RFC 1035, A records only) whose answers a test changes while nginx runs. */
export class NameServer {
  readonly #records = new Map<string, readonly string[]>();
  /** Questions so far. */
  questions = 0;
  /** Whether it leaves every question unanswered. */
  silent = false;

  private constructor(private readonly socket: Socket) {
    socket.on("message", (message, sender) => {
      this.questions += 1;
      if (this.silent) return;
      socket.send(this.#answer(message), sender.port, sender.address);
    });
  }

  static async start(): Promise<NameServer> {
    const socket = createSocket("udp4");
    socket.bind(0, "127.0.0.1");
    await once(socket, "listening");
    return new NameServer(socket);
  }

  /** As a resolver's address. */
  get address(): string {
    return `127.0.0.1:${(this.socket.address() as AddressInfo).port}`;
  }

  /** Sets a name's addresses; none: the name does not exist. */
  set(name: string, ...addresses: string[]): void {
    if (addresses.length === 0) this.#records.delete(name);
    else this.#records.set(name, addresses);
  }

  async stop(): Promise<void> {
    this.socket.close();
    await once(this.socket, "close");
  }

  #answer(question: Buffer): Buffer {
    const labels: string[] = [];
    let at = HEADER_BYTES;
    for (let length = question[at] ?? 0; length > 0; length = question[at] ?? 0) {
      labels.push(question.toString("latin1", at + 1, at + 1 + length));
      at += length + 1;
    }
    const type = question.readUInt16BE(at + 1);
    const asked = question.subarray(HEADER_BYTES, at + 5);
    const known = this.#records.get(labels.join(".").toLowerCase());
    const addresses = type === TYPE_A ? (known ?? []) : [];
    const header = Buffer.alloc(HEADER_BYTES);
    question.copy(header, 0, 0, 2);
    header.writeUInt16BE(0x8180 | (known ? 0 : NAME_ERROR), 2);
    header.writeUInt16BE(1, 4);
    header.writeUInt16BE(addresses.length, 6);
    const records = addresses.map((address) => {
      const record = Buffer.alloc(16);
      record.writeUInt16BE(0xc00c, 0);
      record.writeUInt16BE(TYPE_A, 2);
      record.writeUInt16BE(1, 4);
      record.writeUInt32BE(TTL_SECONDS, 6);
      record.writeUInt16BE(4, 10);
      Buffer.from(address.split(".").map(Number)).copy(record, 12);
      return record;
    });
    return Buffer.concat([header, asked, ...records]);
  }
}
