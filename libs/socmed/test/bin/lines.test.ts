import { expect, it } from "vitest";
import { createLines } from "../../src/bin/lines.js";

it("lines come out as they went in, whatever their lengths", () => {
  const lines = createLines();
  const texts = [0, 1, 70_000, 163_840, 5, 400_000, 3].map((length, at) => "é|漢😀a".charAt(at).repeat(length));
  for (const text of texts) {
    lines.addText(text);
    lines.addBytes(Buffer.from(text));
  }
  const expected = Buffer.from(texts.map((text) => `${text}\n${text}\n`).join(""));
  expect(lines.size).toBe(expected.length);
  const taken = Buffer.from(lines.take());
  expect(taken.equals(expected)).toBe(true);
  expect(lines.size).toBe(0);
});

it("what was taken does not change any more", () => {
  const lines = createLines();
  lines.addText("first");
  const taken = lines.take();
  lines.addText("second");
  expect(Buffer.from(taken).toString()).toBe("first\n");
  expect(Buffer.from(lines.take()).toString()).toBe("second\n");
});
