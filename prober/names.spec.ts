import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { decode, encode, RECURSION_DESIRED, type Answer, type DecodedPacket } from "dns-packet";
import fc from "fast-check";
import { choose } from "./core/group";
import type { Answered } from "./metrics";
import { Names, type Chooser } from "./names";
import { Resolver } from "./resolver";

const SERVER_FAILURE = 2;
const NAME_ERROR = 3;

/** Knows `app.test`, of which the replicas in `out` fail. */
class Standing implements Chooser {
  readonly heardOf: string[] = [];
  out: string[] = [];

  knows = (host: string) => host.toLowerCase() === "app.test";
  heard(host: string, addresses: readonly string[], family: 4 | 6) {
    this.heardOf.push(`${family} ${addresses.join(" ")}`.trim());
    return this.choose(host, addresses);
  }
  choose(_host: string, addresses: readonly string[]) {
    return choose(addresses, (address) => (this.out.includes(address) ? "out" : "in"));
  }
}

describe("prober: names", () => {
  /** What the platform's name server answers; undefined: nothing. */
  let platform: ((query: DecodedPacket, wire: Buffer) => Buffer | undefined) | undefined;
  let standing: Standing;
  let how: Answered[];
  let names: Names;

  beforeEach(() => {
    standing = new Standing();
    how = [];
    names = new Names(standing, (answer) => how.push(answer), { ask: async (wire) => platform?.(decode(wire), wire) });
  });

  const question = (name: string, type: "A" | "AAAA" | "TXT" = "A") =>
    encode({ id: 4711, type: "query", flags: RECURSION_DESIRED, questions: [{ name, type }] });
  const says = (answers: Answer[], code = 0, more = 0) => {
    platform = ({ id, questions }) => encode({ id: id ?? 0, type: "response", flags: code | more, questions: questions ?? [], answers });
  };
  const a = (...addresses: string[]): Answer[] => addresses.map((data) => ({ name: "app.test", type: "A", ttl: 600, data }));
  async function ask(name = "app.test", type: "A" | "AAAA" = "A") {
    const packet = decode(await names.answer(question(name, type)));
    const addresses = (packet.answers ?? []).map((answer) => ("data" in answer ? String(answer.data) : answer.type));
    return { packet, addresses, code: (packet.flags ?? 0) & 0xf };
  }

  it("leaves out of the answer who fails, says what DNS said, and keeps id, question and aliases", async () => {
    says([{ name: "app.test", type: "CNAME", ttl: 5, data: "real.test" }, ...a("10.0.0.1", "10.0.0.2", "10.0.0.3")]);
    standing.out = ["10.0.0.2"];
    const { packet, addresses } = await ask("App.Test");
    assert.deepEqual(addresses, ["real.test", "10.0.0.1", "10.0.0.3"]);
    assert.deepEqual([packet.id, packet.questions?.[0]?.name, packet.flag_qr, packet.flag_tc], [4711, "App.Test", true, false]);
    assert.deepEqual([standing.heardOf, how], [["4 10.0.0.1 10.0.0.2 10.0.0.3"], ["filtered"]]);
  });

  it("asks with room for every replica, and gives all when all fail", async () => {
    let room: unknown;
    platform = ({ id, questions, additionals }) => {
      room = (additionals?.[0] as { udpPayloadSize?: number }).udpPayloadSize;
      return encode({ id: id ?? 0, type: "response", questions: questions ?? [], answers: a("10.0.0.1", "10.0.0.2") });
    };
    standing.out = ["10.0.0.1", "10.0.0.2"];
    assert.deepEqual((await ask()).addresses, ["10.0.0.1", "10.0.0.2"]);
    assert.equal(room, 4096);
  });

  it("passes on what is not its business as it is, bytes and all", async () => {
    const answer = Buffer.concat([question("other.test"), Buffer.from("anything")]);
    platform = (_query, wire) => (wire.equals(question("other.test")) ? answer : undefined);
    assert.deepEqual(await names.answer(question("other.test")), answer);
    platform = (_query, wire) => (wire.equals(question("app.test", "TXT")) ? answer : undefined);
    assert.deepEqual(await names.answer(question("app.test", "TXT")), answer);
    assert.deepEqual(how, ["passed-on", "passed-on"]);
  });

  it("a name that is gone is gone, with what was known of it", async () => {
    says(a("10.0.0.1"));
    await ask();
    says([], NAME_ERROR);
    assert.deepEqual([(await ask()).code, standing.heardOf.at(-1)], [NAME_ERROR, "4"]);
    platform = undefined;
    assert.equal((await ask()).code, SERVER_FAILURE);
  });

  for (const [what, away] of [
    ["says nothing", () => (platform = undefined)],
    ["fails", () => says([], SERVER_FAILURE)],
    ["answers nonsense", () => (platform = () => Buffer.from("nonsense, and a good deal of it"))],
  ] as const) {
    it(`gives what was known, without who fails meanwhile, when the platform's name server ${what}`, async () => {
      away();
      assert.equal((await ask()).code, SERVER_FAILURE);
      says(a("10.0.0.1", "10.0.0.2"));
      await ask();
      away();
      standing.out = ["10.0.0.1"];
      assert.deepEqual((await ask()).addresses, ["10.0.0.2"]);
      assert.equal((await ask("app.test", "AAAA")).code, SERVER_FAILURE, "of the other family nothing is known");
      assert.deepEqual(how, ["failed", "whole", "remembered", "failed"]);
    });
  }

  it("has nginx ask over TCP what is too long, whether the platform or the prober cannot say it", async () => {
    says(a("10.0.0.1"), 0, 0x200);
    assert.equal((await ask()).packet.flag_tc, true);
    says(a(...Array.from({ length: 200 }, (_, index) => `10.0.1.${index}`)));
    const wire = await names.answer(question("app.test"));
    assert.ok(wire.length < 512 && decode(wire).flag_tc);
  });

  it("never dies of what it is sent, nor gives an address DNS did not name", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 600 }), fc.array(fc.ipV4()), async (bytes, addresses) => {
        says(a(...addresses));
        await names.answer(Buffer.from(bytes)).catch(() => undefined);
        assert.deepEqual((await ask()).addresses, addresses);
      }),
      { numRuns: 200 },
    );
  });
});

describe("prober: the platform's name servers", () => {
  async function server(answers: boolean, seen: Buffer[]): Promise<{ at: string; close: () => void }> {
    const socket = createSocket("udp4");
    socket.on("message", (message, { port, address }) => {
      seen.push(message);
      if (!answers) return;
      // A forged answer first: another id.
      socket.send(Buffer.alloc(message.length), port, address);
      socket.send(message, port, address);
    });
    socket.bind(0, "127.0.0.1");
    await once(socket, "listening");
    return { at: `127.0.0.1:${(socket.address() as AddressInfo).port}`, close: () => void socket.close() };
  }

  const query = encode({ id: 7, type: "query", questions: [{ name: "app.test", type: "A" }] });

  it("asks the next when one is silent or refuses, and gives up within a second", async () => {
    const seen: Buffer[] = [];
    const [silent, speaking] = [await server(false, seen), await server(true, seen)];
    try {
      assert.deepEqual(await new Resolver([silent.at, speaking.at]).ask(query), query);
      assert.deepEqual(await new Resolver(["127.0.0.1:1", speaking.at]).ask(query), query);
      const started = performance.now();
      assert.equal(await new Resolver([silent.at]).ask(query), undefined);
      assert.ok(performance.now() - started < 2000);
      assert.equal(seen.length, 5);
    } finally {
      silent.close();
      speaking.close();
    }
  });

  it("takes a server by its name, and none that does not exist", async () => {
    const speaking = await server(true, []);
    try {
      assert.deepEqual(await new Resolver([speaking.at.replace("127.0.0.1", "localhost")]).ask(query), query);
      assert.equal(await new Resolver(["nobody.invalid"]).ask(query), undefined);
    } finally {
      speaking.close();
    }
  });
});
