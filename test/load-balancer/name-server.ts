import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { createServer, type AddressInfo, type Server } from "node:net";

const TYPE_A = 1;
const TYPE_TXT = 16;
const NAME_ERROR = 3;
const HEADER_BYTES = 12;
/** What Docker's name server says, so that only `valid=` makes nginx ask again. */
const TTL_SECONDS = 600;

/** A DNS server on loopback (RFC 1035, A and TXT records only) whose answers a test changes while nginx runs. */
export class NameServer {
  readonly #records = new Map<string, readonly string[]>();
  readonly #texts = new Map<string, readonly string[]>();
  /** Questions so far. */
  questions = 0;
  /** Whether it leaves every question unanswered. */
  silent = false;

  private constructor(
    private readonly socket: Socket,
    private readonly server: Server,
  ) {
    socket.on("message", (message, sender) => {
      this.questions += 1;
      if (this.silent) return;
      socket.send(this.#answer(message), sender.port, sender.address);
    });
    // Over TCP each message has its length before it (RFC 1035, 4.2.2).
    server.on("connection", (connection) => {
      let received = Buffer.alloc(0);
      connection.on("error", () => connection.destroy());
      connection.on("data", (chunk) => {
        received = Buffer.concat([received, chunk]);
        while (received.length >= 2 && received.length >= 2 + received.readUInt16BE(0)) {
          const answer = this.#answer(received.subarray(2, 2 + received.readUInt16BE(0)));
          received = received.subarray(2 + received.readUInt16BE(0));
          const length = Buffer.alloc(2);
          length.writeUInt16BE(answer.length);
          connection.write(Buffer.concat([length, answer]));
        }
      });
    });
  }

  static async start(): Promise<NameServer> {
    for (let tries = 1; ; tries += 1) {
      const server = createServer();
      server.listen(0, "127.0.0.1");
      await once(server, "listening");
      const socket = createSocket("udp4");
      socket.bind((server.address() as AddressInfo).port, "127.0.0.1");
      try {
        await once(socket, "listening");
        return new NameServer(socket, server);
      } catch (error) {
        // Somebody else has the same port over UDP.
        server.close();
        socket.close();
        if (tries === 10) throw error;
      }
    }
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

  /** Sets a name's texts, each at most 255 bytes. */
  setText(name: string, ...texts: string[]): void {
    this.#texts.set(name, texts);
  }

  async stop(): Promise<void> {
    this.socket.close();
    this.server.close();
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
    const name = labels.join(".").toLowerCase();
    const answers = [
      ...(type === TYPE_A
        ? (this.#records.get(name) ?? []).map((address) => record(type, Buffer.from(address.split(".").map(Number))))
        : []),
      ...(type === TYPE_TXT
        ? (this.#texts.get(name) ?? []).map((text) => record(type, Buffer.concat([Buffer.from([text.length]), Buffer.from(text)])))
        : []),
    ];
    const known = this.#records.has(name) || this.#texts.has(name);
    const header = Buffer.alloc(HEADER_BYTES);
    question.copy(header, 0, 0, 2);
    header.writeUInt16BE(0x8180 | (known ? 0 : NAME_ERROR), 2);
    header.writeUInt16BE(1, 4);
    header.writeUInt16BE(answers.length, 6);
    return Buffer.concat([header, asked, ...answers]);
  }
}

/** An answer about the name that was asked for. */
function record(type: number, data: Buffer): Buffer {
  const head = Buffer.alloc(12);
  head.writeUInt16BE(0xc00c, 0);
  head.writeUInt16BE(type, 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt32BE(TTL_SECONDS, 6);
  head.writeUInt16BE(data.length, 10);
  return Buffer.concat([head, data]);
}
