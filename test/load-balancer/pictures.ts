import { crc32, deflateSync } from "node:zlib";

/** Pixels of a picture. */
export interface PictureSize {
  format: "png" | "jpeg" | "gif";
  width: number;
  height: number;
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const check = Buffer.alloc(4);
  check.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, check]);
}

/** A PNG with a pattern: colour (RGB), or one bit a pixel, which makes a huge one small. */
export function png(width: number, height: number, bits: 1 | 24 = 24): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set(bits === 1 ? [1, 0] : [8, 2], 8);
  const row = 1 + Math.ceil((width * bits) / 8);
  const pixels = Buffer.alloc(row * height);
  if (bits === 24)
    for (let index = 0; index < pixels.length; index += 1) pixels[index] = index % row === 0 ? 0 : (index * 7 + (index >> 9)) & 255;
  const signature = Buffer.from("\x89PNG\r\n\x1a\n", "latin1");
  return Buffer.concat([signature, chunk("IHDR", header), chunk("IDAT", deflateSync(pixels)), chunk("IEND", Buffer.alloc(0))]);
}

function segment(marker: number, ...data: number[]): Buffer {
  return Buffer.from([0xff, marker, (data.length + 2) >> 8, (data.length + 2) & 255, ...data]);
}

/** A code table (ITU T.81, B.2.4.2) in which the values have the codes 0, 10, 110 … */
function codes(kind: number, ...values: number[]): Buffer {
  return segment(0xc4, kind, ...Array.from({ length: 16 }, (_, index) => (index < values.length ? 1 : 0)), ...values);
}

/** A grey baseline JPEG: squares of eight pixels, each of one grey. Width and height are multiples of eight. */
export function jpeg(width: number, height: number): Buffer {
  const bits: string[] = [];
  for (let block = 0; block < (width * height) / 64; block += 1) {
    // To and fro between lighter and darker, by differences of five bits, after the code of "five bits follow"; then "no detail".
    const step = 16 + ((block * 7919) % 16);
    bits.push("10", (block % 2 === 0 ? step : 31 - step).toString(2).padStart(5, "0"), "0");
  }
  const text = bits.join("");
  const data: number[] = [];
  for (let at = 0; at < text.length; at += 8) {
    const byte = parseInt(text.slice(at, at + 8).padEnd(8, "1"), 2);
    data.push(byte, ...(byte === 0xff ? [0] : []));
  }
  return Buffer.concat([
    Buffer.from([0xff, 0xd8]),
    segment(0xdb, 0, ...Array.from({ length: 64 }, () => 16)),
    segment(0xc0, 8, height >> 8, height & 255, width >> 8, width & 255, 1, 1, 0x11, 0),
    codes(0x00, 0, 5),
    codes(0x10, 0),
    segment(0xda, 1, 1, 0x00, 0, 63, 0),
    Buffer.from([...data, 0xff, 0xd9]),
  ]);
}

/** A GIF with a pattern, its pixels not compressed: the table of codes is forgotten before a code would need more than eight bits. */
export function gif(width: number, height: number): Buffer {
  const header = Buffer.from("GIF89a\0\0\0\0\xf6\0\0", "latin1");
  header.writeUInt16LE(width, 6);
  header.writeUInt16LE(height, 8);
  const colours = Buffer.from(Array.from({ length: 128 }, (_, index) => [index * 2, 255 - index, index]).flat());
  const frame = Buffer.from([0x2c, 0, 0, 0, 0, width & 255, width >> 8, height & 255, height >> 8, 0, 7]);
  const bytes: number[] = [];
  for (let pixel = 0; pixel < width * height; pixel += 1) bytes.push(...(pixel % 100 === 0 ? [128] : []), (pixel * 3) & 127);
  bytes.push(129);
  const blocks: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += 255) {
    const part = bytes.slice(at, at + 255);
    blocks.push(Buffer.from([part.length, ...part]));
  }
  return Buffer.concat([header, colours, frame, ...blocks, Buffer.from([0, 0x3b])]);
}

/** A JPEG or GIF of those above whose header claims other pixels than it has. */
export function claiming(picture: Buffer, width: number, height: number): Buffer {
  const copy = Buffer.from(picture);
  if (sizeOf(picture).format === "gif") {
    // Of the canvas and of its first frame, after 128 colours and the frame's mark and place.
    for (const at of [6, 13 + 128 * 3 + 5]) {
      copy.writeUInt16LE(width, at);
      copy.writeUInt16LE(height, at + 2);
    }
    return copy;
  }
  const frame = copy.indexOf(Buffer.from([0xff, 0xc0]));
  copy.writeUInt16BE(height, frame + 5);
  copy.writeUInt16BE(width, frame + 7);
  return copy;
}

/** Format and size of a picture, from its own bytes. @throws Error for anything else */
export function sizeOf(picture: Buffer): PictureSize {
  if (picture.toString("latin1", 1, 4) === "PNG")
    return { format: "png", width: picture.readUInt32BE(16), height: picture.readUInt32BE(20) };
  if (picture.toString("latin1", 0, 4) === "GIF8")
    return { format: "gif", width: picture.readUInt16LE(6), height: picture.readUInt16LE(8) };
  if (picture.readUInt16BE(0) !== 0xffd8) throw new Error(`no picture: ${picture.toString("latin1", 0, 60)}`);
  for (let at = 2; at + 9 < picture.length; at += 2 + picture.readUInt16BE(at + 2)) {
    const marker = picture[at + 1] ?? 0;
    // Frames are C0 to CF, but for the tables C4, C8 and CC.
    if (marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)) {
      return { format: "jpeg", width: picture.readUInt16BE(at + 7), height: picture.readUInt16BE(at + 5) };
    }
  }
  throw new Error("a JPEG without a frame");
}
