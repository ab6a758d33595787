import { connect } from "node:tls";
import type { Destination } from "../ask";

const PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const FRAME = { headers: 1, resetStream: 3, settings: 4, goAway: 7 } as const;
const END_STREAM_AND_HEADERS = 0x1 | 0x4;
const CANCEL = 8;

/** A frame (RFC 9113, 4.1). */
function frame(type: number, flags: number, stream: number, payload: Buffer): Buffer {
  const header = Buffer.alloc(9);
  header.writeUIntBE(payload.length, 0, 3);
  header.writeUInt8(type, 3);
  header.writeUInt8(flags, 4);
  header.writeUInt32BE(stream, 5);
  return Buffer.concat([header, payload]);
}

/** GET / over https in HPACK: three entries of the static table, and `:authority` as a literal (RFC 7541, 6.1 and 6.2.2). */
function getRoot(authority: string): Buffer {
  return Buffer.concat([Buffer.from([0x82, 0x87, 0x84, 0x01, authority.length]), Buffer.from(authority)]);
}

export interface ResetReport {
  /** Streams that were opened and reset before the balancer closed the connection. */
  sent: number;
  /** Whether it said goodbye (GOAWAY). */
  goAway: boolean;
  closed: boolean;
}

/**
 * Opens streams on one HTTP/2 connection and resets each at once. Frames are written by hand: a well-behaved client never sends
 * the ones that matter here.
 */
export function resetStreams(to: Destination, streams: number): Promise<ResetReport> {
  const report: ResetReport = { sent: 0, goAway: false, closed: false };
  return new Promise((resolve) => {
    const options = { host: to.address ?? "127.0.0.1", port: to.ports.https, ca: to.ca, servername: "localhost", ALPNProtocols: ["h2"] };
    const socket = connect(options, () => {
      socket.write(Buffer.concat([Buffer.from(PREFACE), frame(FRAME.settings, 0, 0, Buffer.alloc(0))]));
      const headers = getRoot(`localhost:${to.ports.https}`);
      const reset = Buffer.alloc(4);
      reset.writeUInt32BE(CANCEL);
      const send = () => {
        if (report.closed) return;
        if (report.sent >= streams) return void setTimeout(() => socket.destroy(), 500);
        const batch: Buffer[] = [];
        for (let index = 0; index < 50 && report.sent < streams; index++) {
          const stream = 2 * report.sent++ + 1;
          batch.push(frame(FRAME.headers, END_STREAM_AND_HEADERS, stream, headers), frame(FRAME.resetStream, 0, stream, reset));
        }
        socket.write(Buffer.concat(batch), () => setImmediate(send));
      };
      send();
    });
    let received = Buffer.alloc(0);
    socket.on("data", (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      while (received.length >= 9 && received.length >= 9 + received.readUIntBE(0, 3)) {
        if (received[3] === FRAME.goAway) report.goAway = true;
        received = received.subarray(9 + received.readUIntBE(0, 3));
      }
    });
    const giveUp = setTimeout(() => socket.destroy(), 15_000);
    socket.on("end", () => (report.closed = true));
    socket.on("error", () => (report.closed = true));
    socket.on("close", () => {
      clearTimeout(giveUp);
      resolve(report);
    });
  });
}
