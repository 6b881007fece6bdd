import fc from "fast-check";
import { expect, test } from "vitest";
import { MalformedRequestError } from "../../src/errors.js";
import * as is from "../../src/protocol/codec.js";
import type { Codec } from "../../src/protocol/codec.js";
import * as dataApis from "../../src/protocol/data-apis.js";
import * as groupApis from "../../src/protocol/group-apis.js";
import { Reader } from "../../src/protocol/reader.js";
import * as topicApis from "../../src/protocol/topic-apis.js";

function written<T>(codec: Codec<T>, value: T): Buffer {
  const pieces: Buffer[] = [];
  codec.write(pieces, value);
  return Buffer.concat(pieces);
}

const everything = is.struct({
  small: is.int8,
  short: is.int16,
  int: is.int32,
  long: is.int64,
  flag: is.boolean,
  text: is.string,
  maybeText: is.nullableString,
  data: is.bytes,
  maybeData: is.nullableBytes,
  items: is.array(is.int16),
  maybeItems: is.nullableArray(is.struct({ name: is.string })),
});
const integer = (bits: number) => fc.integer({ min: -(2 ** (bits - 1)), max: 2 ** (bits - 1) - 1 });
const text = fc.string({ unit: "binary", maxLength: 20 });
const data = fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes));
const value = fc.record({
  small: integer(8),
  short: integer(16),
  int: integer(32),
  long: fc.maxSafeInteger(),
  flag: fc.boolean(),
  text,
  maybeText: fc.option(text),
  data,
  maybeData: fc.option(data),
  items: fc.array(integer(16)),
  maybeItems: fc.option(fc.array(fc.record({ name: text }))),
});

test("what is written is read again, to its last byte", () => {
  fc.assert(
    fc.property(value, (original) => {
      const reader = new Reader(written(everything, original));
      expect(everything.read(reader)).toEqual(original);
      expect(reader.remaining).toBe(0);
    }),
  );
});

test("a message that is cut anywhere is malformed", () => {
  fc.assert(
    fc.property(value, fc.nat(), (original, at) => {
      const bytes = written(everything, original);
      const cut = new Reader(bytes.subarray(0, at % bytes.length));
      expect(() => everything.read(cut)).toThrow(MalformedRequestError);
    }),
  );
});

function outcomeOf(read: () => unknown): string {
  try {
    read();
    return "read";
  } catch (error) {
    return error instanceof MalformedRequestError ? "malformed" : `${error}`;
  }
}

test("random bytes are read or malformed in every API, and nothing else happens", () => {
  const apis = [...Object.values(dataApis), ...Object.values(groupApis), ...Object.values(topicApis)];
  const requests = apis.flatMap((api): readonly Codec<unknown>[] => ("request" in api ? [api.request] : []));
  fc.assert(
    fc.property(fc.constantFrom(...requests), fc.uint8Array({ maxLength: 200 }), (request, bytes) => {
      expect(outcomeOf(() => request.read(new Reader(Buffer.from(bytes))))).toMatch(/^(read|malformed)$/);
    }),
    { numRuns: 2000 },
  );
});

test.each([2 ** 31 - 1, 5, -2])("an array that claims %i items in a frame of four bytes is malformed", (length) => {
  const frame = Buffer.alloc(8);
  frame.writeInt32BE(length);
  expect(() => is.array(is.int8).read(new Reader(frame))).toThrow(MalformedRequestError);
});
