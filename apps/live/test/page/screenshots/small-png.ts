import { crc32, deflateSync, inflateSync } from "node:zlib";

/** A PNG with a palette of 256 colours: a third of what a browser's PNG weighs, and for flat pictures with text the same to the eye. */
export function shrinkPng(png: Uint8Array): Uint8Array {
  const { width, height, pixels } = decode(png);
  const { palette, indexes } = quantise(pixels);
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  // 8 bits, by palette.
  header.set([8, 3, 0, 0, 0], 8);
  const lines = Buffer.alloc((width + 1) * height);
  for (let y = 0; y < height; y += 1) lines.set(indexes.subarray(y * width, (y + 1) * width), y * (width + 1) + 1);
  return Buffer.concat([
    signature,
    chunk("IHDR", header),
    chunk("PLTE", Buffer.from(palette.flatMap((colour) => [colour >> 16, (colour >> 8) & 255, colour & 255]))),
    chunk("IDAT", deflateSync(lines, { level: 9, memLevel: 9 })),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

const signature = Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]);

function chunk(type: string, data: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.byteLength);
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(named));
  return Buffer.concat([length, named, sum]);
}

interface Picture {
  readonly width: number;
  readonly height: number;
  /** 0xrrggbb, row by row. */
  readonly pixels: Uint32Array;
}

/** PNGs as Chromium writes them: 8 bits, with or without alpha, not interlaced. Specification: https://www.w3.org/TR/png-3/ */
function decode(png: Uint8Array): Picture {
  const bytes = Buffer.from(png);
  const [width, height] = [bytes.readUInt32BE(16), bytes.readUInt32BE(20)];
  const depth = bytes[24];
  const size = bytes[25] === 6 ? 4 : 3;
  if (depth !== 8 || (bytes[25] !== 6 && bytes[25] !== 2)) throw new TypeError("Only PNGs of 8 bits in RGB are read.");
  const parts: Buffer[] = [];
  for (let at = 8; at < bytes.byteLength; at += 12 + bytes.readUInt32BE(at)) {
    const length = bytes.readUInt32BE(at);
    if (bytes.toString("latin1", at + 4, at + 8) === "IDAT") parts.push(bytes.subarray(at + 8, at + 8 + length));
  }
  const lines = inflateSync(Buffer.concat(parts));
  const stride = width * size;
  let above = Buffer.alloc(stride);
  const pixels = new Uint32Array(width * height);
  for (let y = 0; y < height; y += 1) {
    const filter = lines[y * (stride + 1)] ?? 0;
    const line = lines.subarray(y * (stride + 1) + 1, (y + 1) * (stride + 1));
    unfilter(line, above, filter, size);
    for (let x = 0; x < width; x += 1) pixels[y * width + x] = line.readUIntBE(x * size, 3);
    above = line;
  }
  return { width, height, pixels };
}

/** Undoes a line's filter in place. */
function unfilter(line: Buffer, above: Buffer, filter: number, size: number): void {
  for (let at = 0; at < line.byteLength; at += 1) {
    const left = at < size ? 0 : (line[at - size] ?? 0);
    const up = above[at] ?? 0;
    const corner = at < size ? 0 : (above[at - size] ?? 0);
    const guesses = [0, left, up, (left + up) >> 1, paeth(left, up, corner)];
    line[at] = ((line[at] ?? 0) + (guesses[filter] ?? 0)) & 255;
  }
}

function paeth(left: number, up: number, corner: number): number {
  const guess = left + up - corner;
  const [a, b, c] = [Math.abs(guess - left), Math.abs(guess - up), Math.abs(guess - corner)];
  if (a <= b && a <= c) return left;
  return b <= c ? up : corner;
}

const mostColours = 256;
/** So many by how often they come up; the others so that what is rare and different, such as a lamp, keeps its colour. */
const commonColours = 160;

function quantise(pixels: Uint32Array): { readonly palette: readonly number[]; readonly indexes: Uint8Array } {
  const counts = new Map<number, number>();
  for (const pixel of pixels) counts.set(pixel, (counts.get(pixel) ?? 0) + 1);
  const colours = [...counts].toSorted(([, a], [, b]) => b - a).map(([colour]) => colour);
  const palette = colours.slice(0, commonColours);
  const distances = colours.map((colour) => Math.min(...palette.map((kept) => distanceOf(kept, colour))));
  while (palette.length < Math.min(mostColours, colours.length)) {
    const furthest = distances.indexOf(distances.reduce((most, distance) => Math.max(most, distance), 0));
    const chosen = colours[furthest] ?? 0;
    palette.push(chosen);
    for (const [at, colour] of colours.entries()) {
      distances[at] = Math.min(distances[at] ?? 0, distanceOf(chosen, colour));
    }
  }
  const places = new Map(colours.map((colour) => [colour, nearest(palette, colour)]));
  return { palette, indexes: Uint8Array.from(pixels, (pixel) => places.get(pixel) ?? 0) };
}

function distanceOf(a: number, b: number): number {
  const [red, green, blue] = [16, 8, 0].map((shift) => ((a >> shift) & 255) - ((b >> shift) & 255));
  return (red ?? 0) ** 2 + (green ?? 0) ** 2 + (blue ?? 0) ** 2;
}

function nearest(palette: readonly number[], colour: number): number {
  const distances = palette.map((candidate) => distanceOf(candidate, colour));
  return distances.indexOf(Math.min(...distances));
}
