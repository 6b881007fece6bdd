import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { stepPosition, type Position, type OffsetRange } from "../src/position.js";

const at = (offset: number, sought = false): Position => ({ offset, sought });
const span = (firstOffset: number, lastOffset: number, fetchedFrom: number | null = firstOffset): OffsetRange => ({
  firstOffset,
  lastOffset,
  fetchedFrom,
});

describe("stepPosition", () => {
  it("takes a batch that begins at the position", () => {
    expect(stepPosition(at(10), span(10, 19))).toEqual({ position: at(20), output: { kind: "take", lost: 0 } });
  });

  it("takes what is above the position of a batch that begins below it", () => {
    expect(stepPosition(at(15), span(10, 19))).toEqual({ position: at(20), output: { kind: "take", lost: 0 } });
  });

  it("seeks back to the position when a batch ends below it", () => {
    expect(stepPosition(at(20), span(10, 19))).toEqual({ position: at(20), output: { kind: "seek" } });
  });

  it("believes a gap when the fetch asked for the position", () => {
    expect(stepPosition(at(10), span(14, 19, 10))).toEqual({ position: at(20), output: { kind: "take", lost: 0 } });
  });

  it("asks for the log start when a fetch asked for more than the position", () => {
    expect(stepPosition(at(10), span(14, 19)).output).toEqual({ kind: "ask-log-start" });
  });

  it("seeks when the records between the position and the batch can still be read", () => {
    const first = stepPosition(at(10), span(14, 19), 0);
    expect(first).toEqual({ position: at(10, true), output: { kind: "seek" } });
    expect(stepPosition(first.position, span(14, 19), 0).output).toEqual({ kind: "seek" });
  });

  it("counts what is below the log start as lost", () => {
    expect(stepPosition(at(10), span(14, 19), 14)).toEqual({ position: at(20), output: { kind: "take", lost: 4 } });
  });

  it("counts as lost no more than what is before the batch", () => {
    expect(stepPosition(at(10), span(14, 19), 17)).toEqual({ position: at(20), output: { kind: "take", lost: 4 } });
  });

  it("tells what was deleted from what was never readable", () => {
    expect(stepPosition(at(10), span(18, 19, 15), 15)).toEqual({ position: at(20), output: { kind: "take", lost: 5 } });
  });

  it("loses what is gone, and fetches from the log start, when the batch is from further on", () => {
    expect(stepPosition(at(10), span(18, 19), 15)).toEqual({ position: at(15), output: { kind: "lose", lost: 5 } });
  });

  it("believes a client that cannot tell what it asked for once it was sent back", () => {
    const blind = span(14, 19, null);
    const first = stepPosition(at(10), blind, 0);
    expect(first).toEqual({ position: at(10, true), output: { kind: "seek" } });
    expect(stepPosition(first.position, blind, 0)).toEqual({ position: at(20), output: { kind: "take", lost: 0 } });
  });
});

/** A log's offsets: a record, a marker (in batches, but no record), or compacted away. */
type Entry = "record" | "marker" | "hole";

interface Fetched {
  readonly span: OffsetRange;
  readonly records: readonly number[];
}

/** What a client gets that asks for `from`: below the log's start it is sent there without a word, as kafkajs is. */
function fetchFrom(log: readonly Entry[], logStart: number, from: number, size: number): Fetched | undefined {
  const fetchedFrom = from < logStart || from > log.length ? logStart : from;
  const offsets = log
    .map((_, offset) => offset)
    .filter((offset) => offset >= fetchedFrom && log[offset] !== "hole")
    .slice(0, size);
  const firstOffset = offsets[0];
  const lastOffset = offsets.at(-1);
  if (firstOffset === undefined || lastOffset === undefined) return undefined;
  const records = offsets.filter((offset) => log[offset] === "record");
  // kafkajs tells of a batch without records only by an event that does not say what was asked for.
  return { span: { firstOffset, lastOffset, fetchedFrom: records.length > 0 ? fetchedFrom : null }, records };
}

const scenario = fc.record({
  log: fc.array(fc.constantFrom<Entry>("record", "record", "record", "marker", "hole"), {
    minLength: 1,
    maxLength: 40,
  }),
  start: fc.nat(10),
  acts: fc.array(
    fc.oneof(
      fc.record({ act: fc.constant("fetch" as const), size: fc.integer({ min: 1, max: 8 }) }),
      fc.record({ act: fc.constant("stale" as const), size: fc.integer({ min: 1, max: 8 }), from: fc.nat(40) }),
      fc.record({ act: fc.constant("delete" as const), below: fc.nat(40) }),
    ),
    { maxLength: 30 },
  ),
});

describe("a partition that is read by stepPosition", () => {
  it("takes every record once and in order, unless it was deleted, whatever stale batches come", () => {
    fc.assert(
      fc.property(scenario, ({ log, start, acts }) => {
        let position = at(Math.min(start, log.length));
        let logStart = 0;
        const from = position.offset;
        const taken: number[] = [];
        const lost = new Set<number>();

        function deliver(fetched: Fetched): void {
          const before = position.offset;
          let step = stepPosition(position, fetched.span);
          if (step.output.kind === "ask-log-start") step = stepPosition(position, fetched.span, logStart);
          position = step.position;
          const { output } = step;
          if (output.kind === "ask-log-start") throw new Error("asked twice");
          expect(output.kind === "seek" ? position.offset === before : position.offset > before).toBe(true);
          if (output.kind === "seek") return;
          const gone = Array.from({ length: output.lost }, (_, index) => before + index);
          expect(gone.every((offset) => offset < logStart)).toBe(true);
          for (const offset of gone) lost.add(offset);
          if (output.kind === "take") taken.push(...fetched.records.filter((offset) => offset >= before));
        }

        for (const act of acts) {
          if (act.act === "delete") logStart = Math.max(logStart, Math.min(act.below, log.length));
          else {
            const stale = act.act === "stale";
            const fetched = fetchFrom(log, logStart, stale ? act.from : position.offset, act.size);
            // A batch that tells nothing and was under way before the seek cannot come after it: a seek drops what is under way.
            const impossible = stale && position.sought && fetched?.span.fetchedFrom === null;
            if (fetched !== undefined && !impossible) deliver(fetched);
          }
        }
        for (let rounds = 0; rounds < 200; rounds += 1) {
          const fetched = fetchFrom(log, logStart, position.offset, 3);
          if (fetched === undefined || fetched.span.lastOffset < position.offset) break;
          deliver(fetched);
        }

        const readable = log.flatMap((entry, offset) => (entry === "record" && offset >= from ? [offset] : []));
        const missing = readable.filter((offset) => !taken.includes(offset));
        expect(taken).toEqual([...taken].sort((a, b) => a - b));
        expect(new Set(taken).size).toBe(taken.length);
        expect(missing.every((offset) => lost.has(offset) || offset < logStart)).toBe(true);
        expect(missing.every((offset) => lost.has(offset) || offset >= position.offset)).toBe(true);
        expect(taken.some((offset) => lost.has(offset))).toBe(false);
      }),
      { numRuns: 2_000 },
    );
  });
});
