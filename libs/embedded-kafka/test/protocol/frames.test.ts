import fc from "fast-check";
import { expect, test } from "vitest";
import { MalformedRequestError } from "../../src/errors.js";
import { createFrameReader } from "../../src/protocol/frames.js";

function framed(body: Uint8Array): Buffer {
  const size = Buffer.alloc(4);
  size.writeInt32BE(body.length);
  return Buffer.concat([size, body]);
}

test("the same frames come out however the stream is cut into chunks", () => {
  const bodies = fc.array(fc.uint8Array({ minLength: 10, maxLength: 60 }), { minLength: 1, maxLength: 6 });
  const cuts = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 });
  fc.assert(
    fc.property(bodies, cuts, (sent, sizes) => {
      const stream = Buffer.concat(sent.map(framed));
      const reader = createFrameReader(1000);
      const got: Buffer[] = [];
      for (let at = 0, turn = 0; at < stream.length; turn++) {
        const size = sizes[turn % sizes.length] ?? 1;
        got.push(...reader.push(stream.subarray(at, at + size)));
        at += size;
      }
      expect(got.map((frame) => frame.toString("hex"))).toEqual(sent.map((body) => Buffer.from(body).toString("hex")));
    }),
  );
});

test.each([-1, 0, 9, 1001, 2 ** 31 - 1])("a size of %i is refused as soon as it is read", (size) => {
  const prefix = Buffer.alloc(4);
  prefix.writeInt32BE(size);
  expect(() => createFrameReader(1000).push(prefix)).toThrow(MalformedRequestError);
});
