import { createRequire } from "node:module";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  createRecordDecoder,
  patchKafkajsDecoder,
  type BatchContext,
  type RecordDecoder,
} from "../src/kafkajs-record.js";
import "kafkajs";

/** Stands for the record that is left to kafkajs. */
const LEFT = { left: true };

const require = createRequire(import.meta.url);
const recordDecoderPath = "kafkajs/src/protocol/recordBatch/record/v0/decoder";
const batchDecoderPath = "kafkajs/src/protocol/recordBatch/v0/decoder";
const isBatchDecoderLoaded = require.resolve(batchDecoderPath) in require.cache;

const KafkajsDecoder = require("kafkajs/src/protocol/decoder") as new (bytes: Buffer) => {
  buffer: Buffer;
  offset: number;
};
const original = require(recordDecoderPath) as RecordDecoder;
patchKafkajsDecoder();

/** The message that a decoder makes of the bytes, or its error. */
function decode(decoder: RecordDecoder, bytes: Uint8Array, context: BatchContext): unknown {
  try {
    return decoder(new KafkajsDecoder(Buffer.from(bytes)), context);
  } catch (error) {
    return String(error);
  }
}

function zigZag(value: bigint | number): number[] {
  const given = BigInt(value);
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, (given << 1n) ^ (given >> 63n));
  for (; rest > 0x7fn; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  return [...bytes, Number(rest)];
}

const sized = (bytes: Uint8Array | null) => (bytes === null ? zigZag(-1) : [...zigZag(bytes.length), ...bytes]);

const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const int28 = fc.bigInt({ min: -(2n ** 28n), max: 2n ** 28n });
const near53 = fc.bigInt({ min: 2n ** 53n - 2n ** 29n, max: 2n ** 53n + 2n ** 29n });
const base = fc.oneof(fc.constantFrom(0n, -1n, 1_706_981_295_000n), int28, near53, int64);
const bytesOrNull = fc.option(fc.uint8Array({ maxLength: 200 }), { nil: null });

const contexts: fc.Arbitrary<BatchContext> = fc.record({
  firstOffset: base.map(String),
  firstTimestamp: base.map(String),
  magicByte: fc.constant(2),
  isControlBatch: fc.boolean(),
  timestampType: fc.constantFrom(0, 1),
  maxTimestamp: base.map(String),
});

const records = fc
  .record({
    attributes: fc.nat(255),
    timestampDelta: fc.oneof(int28, int64),
    offsetDelta: fc.nat(2 ** 30),
    key: bytesOrNull,
    value: bytesOrNull,
    headers: fc.array(fc.record({ key: fc.uint8Array({ maxLength: 5 }), value: bytesOrNull }), { maxLength: 3 }),
  })
  .map(({ attributes, timestampDelta, offsetDelta, key, value, headers }) =>
    Uint8Array.from([
      attributes,
      ...zigZag(timestampDelta),
      ...zigZag(offsetDelta),
      ...sized(key),
      ...sized(value),
      ...zigZag(headers.length),
      ...headers.flatMap((header) => [...sized(header.key), ...sized(header.value)]),
    ]),
  );

describe("patchKafkajsDecoder", () => {
  it("comes before kafkajs loads the decoder of batches, which keeps what it finds", () => {
    expect(isBatchDecoderLoaded).toBe(false);
    expect(require(recordDecoderPath)).not.toBe(original);
  });

  it("decodes records by itself", () => {
    const own = createRecordDecoder(() => expect.unreachable("the record was left to kafkajs"));
    const context = {
      firstOffset: "5",
      firstTimestamp: "1706981295000",
      magicByte: 2,
      timestampType: 0,
      maxTimestamp: "0",
    };
    const bytes = [0, ...zigZag(17), ...zigZag(3), ...sized(null), ...sized(Buffer.from("{}")), 0];
    expect(decode(own, Uint8Array.from(bytes), context)).toMatchObject({
      offset: "8",
      timestamp: "1706981295017",
      key: null,
    });
  });

  it("makes of every record what kafkajs makes of it, whatever came before", () => {
    const own = createRecordDecoder(original);
    fc.assert(
      fc.property(contexts, fc.array(records, { minLength: 1, maxLength: 5 }), (context, batch) => {
        for (const bytes of batch) expect(decode(own, bytes, context)).toEqual(decode(original, bytes, context));
      }),
      { numRuns: 2_000 },
    );
  });

  it("makes of any bytes what kafkajs makes of them, or leaves them to it", () => {
    // kafkajs itself reads on for minutes where changed bytes announce many headers.
    const own = createRecordDecoder(() => LEFT);
    const changed = fc
      .tuple(records, fc.nat(40), fc.nat(255))
      .map(([bytes, at, byte]) => bytes.with(at % bytes.length, byte));
    const cut = fc.tuple(records, fc.nat(60)).map(([bytes, length]) => bytes.subarray(0, length));
    fc.assert(
      fc.property(contexts, fc.oneof(changed, cut, fc.uint8Array({ maxLength: 30 })), (context, bytes) => {
        const message = decode(own, bytes, context);
        expect(message).toEqual(message === LEFT ? LEFT : decode(original, bytes, context));
      }),
      { numRuns: 4_000 },
    );
  });
});
