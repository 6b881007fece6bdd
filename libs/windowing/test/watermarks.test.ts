import { expect, test } from "vitest";
import { createWatermarks, RefusedValueError, type WatermarksDefinition } from "../src/index.js";

test("a source that has ended holds nothing back: where all have, so has the stream", () => {
  const watermarks = createWatermarks({ delayMs: 5 });
  watermarks.observe("a", 100);
  watermarks.observe("b", 50);
  watermarks.advance("b", Infinity);
  expect([watermarks.overallMs, watermarks.heldBy]).toEqual([95, "a"]);
  watermarks.advance("a", Infinity);
  expect([watermarks.overallMs, watermarks.heldBy]).toEqual([Infinity, "a"]);
});

test.each([
  [{ initialWatermarkMs: 0.5 }, "initialWatermarkMs is 0.5"],
  [{ initialWatermarkMs: Infinity }, "initialWatermarkMs is Infinity"],
  [{ whenAllIdle: "stop" }, 'whenAllIdle is "stop"; allowed: "hold", "highest-watermark", "highest-event-time"'],
])("a definition with %o is refused", (changed, reason) => {
  const create = () => createWatermarks({ delayMs: 5, ...changed } as WatermarksDefinition);
  expect(create).toThrow(RefusedValueError);
  expect(create).toThrow(reason);
});
