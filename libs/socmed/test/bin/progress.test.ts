import { describe, expect, it } from "vitest";
import { createProgress } from "../../src/bin/progress.js";

/** What is written when `done` events were there at each time, in ms. */
function show(isTerminal: boolean, times: readonly (readonly [ms: number, done: number])[]): string[] {
  let now = 5000;
  const written: string[] = [];
  const progress = createProgress({
    isTerminal,
    write: (text) => written.push(text),
    total: 2_000_000,
    nowMs: () => now,
  });
  for (const [ms, done] of times) {
    now = 5000 + ms;
    progress.update(done);
  }
  progress.close();
  return written;
}

describe("the progress", () => {
  it("is not shown in the first second", () => {
    expect(
      show(true, [
        [10, 1000],
        [999, 400_000],
      ]),
    ).toEqual([]);
  });

  it("is a line that is updated four times a second on a terminal, and taken away at the end", () => {
    const clear = "\r\u001b[2K";
    expect(
      show(true, [
        [1000, 300_000],
        [1200, 350_000],
        [1250, 500_000],
      ]),
    ).toEqual([
      `${clear}300,000 of 2,000,000 events, 300,000/s`,
      `${clear}500,000 of 2,000,000 events, 400,000/s`,
      clear,
    ]);
  });

  it("is a line every ten seconds elsewhere", () => {
    expect(
      show(false, [
        [1000, 1],
        [10_999, 2],
        [11_000, 22_000],
        [12_000, 4],
      ]),
    ).toEqual(["1 of 2,000,000 events, 1/s\n", "22,000 of 2,000,000 events, 2,000/s\n"]);
  });
});
