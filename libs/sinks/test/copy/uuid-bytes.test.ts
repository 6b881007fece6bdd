import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ByteWriter } from "../../src/copy/byte-writer.js";
import { ChunkPool } from "../../src/copy/chunk-pool.js";
import { writeUuid } from "../../src/copy/uuid-bytes.js";

/** In hexadecimal; "none", and what was written all the same, where the text is taken for none. */
function writtenFor(text: string): string {
  const out = new ByteWriter(16, new ChunkPool());
  out.reserve();
  const isUuid = writeUuid(out, text);
  const written = Buffer.concat(out.chunks()).toString("hex");
  return isUuid ? written : `none${written}`;
}

describe("writeUuid", () => {
  it("reads any UUID, in either case, as the bytes that its digits name", () => {
    fc.assert(
      fc.property(fc.uuid(), fc.boolean(), (uuid, upper) => {
        expect(writtenFor(upper ? uuid.toUpperCase() : uuid)).toBe(uuid.replaceAll("-", ""));
      }),
    );
  });

  it("takes no text in which one character is another", () => {
    const wrong = fc.constantFrom("g", "-", " ", "\0", "é", "\uD800", "\u0130", "/", ":", "@", "`");
    fc.assert(
      fc.property(fc.uuid(), fc.nat(35), wrong, (uuid, at, character) => {
        fc.pre(uuid[at] !== character);
        expect(writtenFor(uuid.slice(0, at) + character + uuid.slice(at + 1))).toBe("none");
      }),
    );
  });

  it.each(["", "3d131cdc-0611-46c1-9ff7-9861a9c6c75", "{3d131cdc-0611-46c1-9ff7-9861a9c6c75f}"])(
    "takes %j for none",
    (text) => {
      expect(writtenFor(text)).toBe("none");
    },
  );
});
