import { describe, expect, it } from "vitest";
import { createTask, defineTask, type Rollup, session, tumbling, WindowingError } from "@tidemark/windowing";

interface Event {
  readonly id: string;
  readonly time: number;
}

const definition = defineTask<Event>()({
  id: "id",
  time: { field: "time", unit: "ms" },
  watermarkDelayMs: 0,
  allowedLatenessMs: 0,
  rollups: [{ name: "each_10", window: tumbling(10), keys: [], aggregates: { events: { kind: "count" } } }],
});

const NOWHERE = -Infinity;

function task(window: Rollup<Event>["window"] = definition.rollups[0].window) {
  const rollups = [{ ...definition.rollups[0], window }] as const;
  return createTask<Event>({ ...definition, rollups });
}

describe("an event whose id another stream has counted", () => {
  it("is a duplicate while its own watermark is below the time that is given, and late events stay late", () => {
    const stepped = task().step(
      [
        { id: "a", time: 5 },
        { id: "b", time: 12 },
        { id: "c", time: 3 },
        { id: "d", time: 14 },
      ],
      undefined,
      [10, 12, 100, 12],
    );
    expect(stepped.copies).toEqual([0, 1]);
    // The watermarks before them: none, 5, 12, 12.
    expect(stepped.verdicts).toEqual(["duplicate", "duplicate", "late", "counted"]);
    expect([...(stepped.watermarksMs ?? [])]).toEqual([-Infinity, 5, 12, 12]);
  });

  it("moves the watermark as any duplicate does, and leaves neither its id nor a window", () => {
    const one = task();
    one.step([{ id: "a", time: 7 }], undefined, [10]);
    expect(one.watermarkMs).toBe(7);
    expect(one.held()).toMatchObject({ ids: 0, rows: 0 });
    expect(one.step([{ id: "a", time: 8 }], undefined, [NOWHERE]).verdicts).toEqual(["counted"]);
    expect(one.ledger).toMatchObject({ read: 2, counted: 1, duplicate: 1 });
  });

  it("is no copy where its own stream has counted the id too", () => {
    const one = task();
    one.step([{ id: "a", time: 7 }]);
    const { duplicates, copies } = one.step([{ id: "a", time: 8 }], undefined, [20]);
    expect({ duplicates, copies }).toEqual({ duplicates: [0], copies: [] });
  });

  it("is a duplicate in sessions too", () => {
    const sessions = task(session(10));
    const { verdicts } = sessions.step(
      [
        { id: "a", time: 5 },
        { id: "b", time: 6 },
      ],
      undefined,
      [20, NOWHERE],
    );
    expect(verdicts).toEqual(["duplicate", "counted"]);
  });

  it("is refused where there is no time for each event, and nothing changes", () => {
    const one = task();
    expect(() => one.step([{ id: "a", time: 5 }], undefined, [])).toThrow(WindowingError);
    expect(one.ledger.read).toBe(0);
  });
});
