import { createRequire } from "node:module";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { FetchedRecord } from "../src/fetched-record.js";
import { decodeBatches, type FindCodec } from "../src/record-batches.js";

interface KafkajsMessage {
  readonly offset: string;
  readonly timestamp: string;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly isControlRecord: boolean;
  readonly batchContext: { readonly firstOffset: string; readonly producerId: string; readonly inTransaction: boolean };
}

const require = createRequire(import.meta.url);
const KafkajsDecoder = require("kafkajs/src/protocol/decoder") as new (bytes: Buffer) => object;
const decodeByKafkajs = require("kafkajs/src/protocol/requests/fetch/v4/decodeMessages") as (
  decoder: object,
) => Promise<readonly KafkajsMessage[]>;
const { lookupCodecByAttributes } = require("kafkajs/src/protocol/message/compression") as {
  lookupCodecByAttributes: FindCodec;
};

const int32 = (value: number) => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
};
const int64 = (value: bigint) => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(value);
  return bytes;
};

function zigZag(value: bigint | number): number[] {
  const given = BigInt(value);
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, (given << 1n) ^ (given >> 63n));
  for (; rest > 0x7fn; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  return [...bytes, Number(rest)];
}

const sized = (bytes: Uint8Array | null) => (bytes === null ? zigZag(-1) : [...zigZag(bytes.length), ...bytes]);

const bytesOrNull = fc.option(fc.uint8Array({ maxLength: 200 }), { nil: null });
const anyInt64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const usualDelta = fc.bigInt({ min: -(2n ** 40n), max: 2n ** 40n });

const recordsWith = (timestampDelta: fc.Arbitrary<bigint>) =>
  fc
    .record({
      attributes: fc.nat(255),
      timestampDelta,
      offsetDelta: fc.nat(2 ** 30),
      key: bytesOrNull,
      value: bytesOrNull,
      headers: fc.array(fc.record({ key: fc.uint8Array({ maxLength: 5 }), value: bytesOrNull }), { maxLength: 3 }),
    })
    .map(({ attributes, timestampDelta: delta, offsetDelta, key, value, headers }) =>
      sized(
        Uint8Array.from([
          attributes,
          ...zigZag(delta),
          ...zigZag(offsetDelta),
          ...sized(key),
          ...sized(value),
          ...zigZag(headers.length),
          ...headers.flatMap((header) => [...sized(header.key), ...sized(header.value)]),
        ]),
      ),
    );

const CONTROL = 0x20;
const TRANSACTIONAL = 0x10;
const LOG_APPEND_TIME = 0x08;
const GZIP = 1;

interface BatchFields {
  readonly firstOffset: bigint;
  readonly attributes: number;
  readonly firstTimestamp: bigint;
  readonly lastTimestamp: bigint;
  readonly producerId: bigint;
  readonly records: readonly number[][];
}

function encodeBatch(fields: BatchFields): Buffer {
  const { firstOffset, attributes, firstTimestamp, lastTimestamp, producerId, records } = fields;
  const plain = Buffer.from(records.flat());
  const rest = Buffer.concat([
    int32(0), // of the leader's epoch
    Buffer.from([2]),
    int32(0), // of the checksum
    Buffer.from([0, attributes]),
    int32(records.length - 1),
    int64(firstTimestamp),
    int64(lastTimestamp),
    int64(producerId),
    Buffer.from([0, 0]),
    int32(0),
    int32(records.length),
    (attributes & GZIP) === 0 ? plain : gzipSync(plain),
  ]);
  return Buffer.concat([int64(firstOffset), int32(rest.length), rest]);
}

const batchesWith = (base: fc.Arbitrary<bigint>, delta: fc.Arbitrary<bigint>) =>
  fc
    .record({
      firstOffset: base,
      attributes: fc
        .subarray([CONTROL, TRANSACTIONAL, LOG_APPEND_TIME, GZIP])
        .map((flags) => flags.reduce((a, b) => a | b, 0)),
      firstTimestamp: base,
      lastTimestamp: base,
      producerId: fc.constantFrom(-1n, 7n, 2n ** 60n),
      records: fc.array(recordsWith(delta), { minLength: 1, maxLength: 5 }),
    })
    .map(encodeBatch);

const usualBatches = batchesWith(fc.bigInt({ min: 1n, max: 2n ** 45n }), usualDelta);
const anyBatches = batchesWith(fc.oneof(fc.constantFrom(0n, -1n), anyInt64), anyInt64);

/** What can be told of a record, in kafkajs's form. */
function describeOwn({ offset, timestampMs, key, value, isControlRecord, batchContext }: FetchedRecord) {
  const { firstOffset, producerId, inTransaction } = batchContext;
  const batch = { firstOffset, producerId, inTransaction };
  return { offset: String(offset), timestamp: String(timestampMs), key, value, isControlRecord, batch };
}

async function byKafkajs(bytes: Buffer) {
  const messages = await decodeByKafkajs(new KafkajsDecoder(Buffer.concat([int32(bytes.length), bytes])));
  return messages.map(({ offset, timestamp, key, value, isControlRecord, batchContext }) => {
    const { firstOffset, producerId, inTransaction } = batchContext;
    return { offset, timestamp, key, value, isControlRecord, batch: { firstOffset, producerId, inTransaction } };
  });
}

describe("decodeBatches", () => {
  it("makes of batches what kafkajs makes of them, by itself, also where the last one is cut off", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(usualBatches, { minLength: 1, maxLength: 4 }), fc.nat(30), async (batches, cut) => {
        const whole = Buffer.concat(batches);
        const bytes = whole.subarray(0, whole.length - cut);
        const records = await decodeBatches(bytes, lookupCodecByAttributes);
        expect(records?.map(describeOwn)).toEqual(await byKafkajs(bytes));
      }),
      { numRuns: 1_000 },
    );
  });

  it("leaves batches to kafkajs whose numbers are not exact, and makes the same of the others", async () => {
    let left = 0;
    await fc.assert(
      fc.asyncProperty(anyBatches, async (bytes) => {
        const records = await decodeBatches(bytes, lookupCodecByAttributes);
        const expected = await byKafkajs(bytes);
        if (records === undefined) left += 1;
        expect(records === undefined ? expected : records.map(describeOwn)).toEqual(expected);
      }),
      { numRuns: 1_000 },
    );
    expect(left).toBeGreaterThan(0);
  });

  it("never reads beyond the bytes of a broken answer", async () => {
    const changed = fc
      .tuple(usualBatches, fc.nat(), fc.nat(255))
      .map(([bytes, at, byte]) => Buffer.from(bytes).fill(byte, at % bytes.length, (at % bytes.length) + 1));
    await fc.assert(
      fc.asyncProperty(fc.oneof(changed, fc.uint8Array({ maxLength: 200 }).map(Buffer.from)), async (bytes) => {
        const records = await decodeBatches(bytes, () => null);
        for (const { key, value, keyBytes, valueBytes } of records ?? []) {
          expect([key?.length ?? 0, value?.length ?? 0]).toEqual([keyBytes, valueBytes]);
        }
      }),
      { numRuns: 4_000 },
    );
  });

  it("leaves batches of an older format to kafkajs", async () => {
    const [bytes] = fc.sample(usualBatches, 1) as [Buffer];
    bytes[16] = 1;
    expect(await decodeBatches(bytes, lookupCodecByAttributes)).toBeUndefined();
  });
});
