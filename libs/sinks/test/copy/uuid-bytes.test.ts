import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseUuid } from "../../src/copy/uuid-bytes.js";

describe("parseUuid", () => {
  it("reads any UUID, in either case, as the bytes that its digits name", () => {
    fc.assert(
      fc.property(fc.uuid(), fc.boolean(), (uuid, upper) => {
        const bytes = new Uint8Array(16);
        expect(parseUuid(upper ? uuid.toUpperCase() : uuid, bytes)).toBe(true);
        expect(Buffer.from(bytes).toString("hex")).toBe(uuid.replaceAll("-", ""));
      }),
    );
  });

  it("takes no text in which one character is another", () => {
    const wrong = fc.constantFrom("g", "-", " ", "\0", "é", "\uD800", "/", ":", "@", "`");
    fc.assert(
      fc.property(fc.uuid(), fc.nat(35), wrong, (uuid, at, character) => {
        fc.pre(uuid[at] !== character);
        expect(parseUuid(uuid.slice(0, at) + character + uuid.slice(at + 1), new Uint8Array(16))).toBe(false);
      }),
    );
  });

  it.each(["", "3d131cdc-0611-46c1-9ff7-9861a9c6c75", "{3d131cdc-0611-46c1-9ff7-9861a9c6c75f}"])(
    "takes %j for none",
    (text) => {
      expect(parseUuid(text, new Uint8Array(16))).toBe(false);
    },
  );
});
