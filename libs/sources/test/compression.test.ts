import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import * as fzstd from "fzstd";
import kafkajs from "kafkajs";
import lz4 from "lz4-napi";
import snappy from "snappy";
import { describe, expect, it, vi } from "vitest";
import { decompressGzip } from "../src/compression/gzip.js";
import { installCodecs } from "../src/compression/install-codecs.js";
import { decompressLz4 } from "../src/compression/lz4.js";
import { decompressSnappy } from "../src/compression/snappy.js";
import { decompressZstd, unpackInParts } from "../src/compression/zstd.js";

const HEADER_BYTES = 61;
const RECORDS = 2_000;

type Decompress = (bytes: Buffer, limit: number) => Buffer | Promise<Buffer>;

const decompressors: Readonly<Record<string, Decompress>> = {
  gzip: decompressGzip,
  snappy: (bytes, limit) => decompressSnappy(snappy, bytes, limit),
  lz4: (bytes, limit) => decompressLz4(lz4, bytes, limit),
  zstd: (bytes, limit) => decompressZstd(fzstd, bytes, limit),
  "zstd by fzstd": (bytes, limit) => unpackInParts(fzstd, bytes, limit),
};

/** The compressed records of each batch of a stored segment. */
function readBatches(file: string): Buffer[] {
  const segment = readFileSync(join(import.meta.dirname, "compressed", file));
  const batches: Buffer[] = [];
  for (let at = 0; at < segment.length;) {
    const end = at + 12 + segment.readInt32BE(at + 8);
    batches.push(segment.subarray(at + HEADER_BYTES, end));
    at = end;
  }
  return batches;
}

const cases = Object.keys(decompressors).flatMap((name) =>
  ["jvm", "rdkafka"].map((client) => [name, client, `${client}-${name.split(" ")[0]}.segment`] as const),
);

describe.each(cases)("%s of %s", (name, _, file) => {
  const decompress = decompressors[name] as Decompress;

  it("gives what was compressed", async () => {
    const unpacked = await Promise.all(readBatches(file).map(async (batch) => decompress(batch, 1 << 20)));
    const values = Buffer.concat(unpacked)
      .toString("latin1")
      .match(/value-\d+ x{60}/g);
    expect(values).toEqual(Array.from({ length: RECORDS }, (__, n) => `value-${n} ${"x".repeat(60)}`));
  });

  it("is refused above the limit", async () => {
    const [batch = Buffer.alloc(0)] = readBatches(file);
    await expect((async () => decompress(batch, 10_000))()).rejects.toMatchObject({ code: "batch-too-large" });
  });

  it("is refused where its bytes are broken", async () => {
    const [batch = Buffer.alloc(0)] = readBatches(file);
    await expect((async () => decompress(batch.subarray(0, 50), 1 << 20))()).rejects.toMatchObject({
      code: "broken-batch",
    });
    await expect((async () => decompress(Buffer.alloc(3), 1 << 20))()).rejects.toMatchObject({ code: "broken-batch" });
  });
});

describe("a bomb is refused before it takes memory", () => {
  const limit = 1 << 20;
  const zeros = Buffer.alloc(64 << 20);
  const bombs: readonly (readonly [string, () => Buffer])[] = [
    ["gzip", () => gzipSync(zeros)],
    ["snappy", () => snappy.compressSync(zeros)],
    ["lz4", () => lz4.compressFrameSync(zeros)],
  ];

  it.each(bombs)("%s", async (name, make) => {
    const decompress = decompressors[name] as Decompress;
    await expect((async () => decompress(make(), limit))()).rejects.toMatchObject({ code: "batch-too-large" });
  });

  it("zstd, by the window that its header asks for", () => {
    // Magic, no single segment, a window of 2^31 bytes, and one empty block.
    const bomb = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, 0xa8, 1, 0, 0]);
    expect(() => unpackInParts(fzstd, bomb, limit)).toThrow("is larger than 1048576 bytes");
  });
});

it.each([
  ["snappy", "Snappy", "is compressed by snappy: install the package snappy"],
  ["lz4-napi", "LZ4", "is compressed by lz4: install the package lz4-napi"],
] as const)("without the package %s the error names it", async (name, type, sentence) => {
  vi.resetModules();
  vi.doMock(name, () => {
    throw new Error(`Cannot find package '${name}'`);
  });
  const codecs = kafkajs.CompressionCodecs as unknown as Record<
    number,
    () => { decompress: (bytes: Buffer) => unknown }
  >;
  const before = codecs[kafkajs.CompressionTypes[type]];
  codecs[kafkajs.CompressionTypes[type]] = () => {
    throw new Error("not set");
  };
  try {
    const fresh = await import("../src/compression/install-codecs.js");
    fresh.installCodecs();
    const codec = codecs[kafkajs.CompressionTypes[type]]?.();
    await expect(codec?.decompress(Buffer.alloc(100))).rejects.toMatchObject({
      code: "missing-codec",
      message: sentence,
    });
  } finally {
    vi.doUnmock(name);
    if (before !== undefined) codecs[kafkajs.CompressionTypes[type]] = before;
  }
});

it("a codec that somebody else has set stays, and the others are set once", () => {
  const codecs = kafkajs.CompressionCodecs as unknown as Record<number, () => unknown>;
  const { LZ4, Snappy } = kafkajs.CompressionTypes;
  const own = () => ({});
  codecs[LZ4] = own;
  installCodecs();
  expect(codecs[LZ4]).toBe(own);
  const ours = codecs[Snappy];
  expect(ours).toBeDefined();
  installCodecs();
  expect(codecs[Snappy]).toBe(ours);
});
