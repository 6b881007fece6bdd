import { describe, expect, it } from "vitest";
import { createPartitionOracle, type Judgement } from "../../src/oracle/index.js";
import { brief, encode, eventAt, idOf, kindsOf, logOf, smallDefinition, take } from "./small-log.js";

/** A judgement without the time of its event, which its row has too. */
function withoutTime(judgement: Judgement): object {
  const { timeMs: _, ...rest } = { timeMs: 0, ...judgement };
  return rest;
}

describe("a small log with every verdict", () => {
  const { oracle, judgements } = take([
    { event: null },
    { event: eventAt(100, 1), timestampMs: 100_000 },
    { event: eventAt(101, 1), timestampMs: 101_000 },
    { event: eventAt(500, 2), timestampMs: 102_000 },
    { event: eventAt(130, 3, { shop: "Depok" }), timestampMs: 130_000 },
    { event: eventAt(100, 4), timestampMs: 131_000 },
    { event: eventAt(118, 5, { views: 0 }), timestampMs: 131_000 },
  ]);

  it("is judged record by record, each by the watermark that stood before it", () => {
    const rates = { sold_rate: 40, left_rate: 30 };
    expect(judgements.map(withoutTime)).toEqual([
      { kind: "rejected", reason: "tombstone", field: null, watermarkMs: -Infinity },
      { kind: "counted", row: { ...eventAt(100, 1), ...rates } },
      { kind: "duplicate", row: { ...eventAt(101, 1), ...rates }, firstOffset: 1, isCopy: false },
      { kind: "quarantined", row: { ...eventAt(500, 2), ...rates }, watermarkMs: 91_000, aheadMs: 395_000 },
      { kind: "counted", row: { ...eventAt(130, 3, { shop: "Depok" }), ...rates } },
      { kind: "late", row: { ...eventAt(100, 4), ...rates }, watermarkMs: 120_000, missedByMs: 13_000 },
      {
        kind: "counted",
        row: { ...eventAt(118, 5, { views: 0 }), sold_rate: null, left_rate: null },
      },
    ]);
  });

  it("adds up in the ledger", () => {
    expect(oracle.ledger).toEqual({
      read: 7,
      counted: 3,
      duplicate: 1,
      late: 1,
      quarantined: 1,
      rejected: 1,
      refused: 0,
    });
  });

  it("ends with the watermark of its highest event time", () => {
    expect([oracle.maxEventTimeMs, oracle.watermarkMs]).toEqual([130_000, 120_000]);
  });

  it("gives the windows that are closed, then the rest, each once, with counted events alone in them", () => {
    const closed = oracle.takeClosed();
    expect(brief(closed, "five")).toEqual(["100000 Bogor 1 2 40 1"]);
    expect(brief(closed, "minute")).toEqual([]);
    const rest = oracle.takeRest();
    expect(brief(rest, "five")).toEqual(["115000 Bogor 1 2 0 0", "130000 Depok 1 2 40 1"]);
    expect(brief(rest, "minute")).toEqual(["60000 2 4 40 1", "120000 1 2 40 1"]);
    expect([...oracle.takeClosed(), ...oracle.takeRest()]).toEqual([]);
  });
});

describe("before any event", () => {
  it("there is no watermark, and a rejected or quarantined record makes none", () => {
    const { oracle } = take([{ event: null }, { event: eventAt(100, 1), timestampMs: 0 }]);
    expect([oracle.watermarkMs, oracle.maxEventTimeMs]).toEqual([-Infinity, -Infinity]);
    expect(oracle.ledger).toMatchObject({ read: 2, quarantined: 1, rejected: 1 });
    expect([...oracle.takeClosed(), ...oracle.takeRest()]).toEqual([]);
  });
});

describe("late", () => {
  // An event at 100 s lies in [100 s, 105 s), which takes events until the watermark is 107 s: highest time 117 s.
  it("is what comes when the watermark has reached its window's end + allowed lateness", () => {
    expect(kindsOf([116, 100])).toEqual(["counted", "counted"]);
    expect(kindsOf([117, 100])).toEqual(["counted", "late"]);
    expect(kindsOf([117, 104])).toEqual(["counted", "late"]);
    expect(kindsOf([117, 105])).toEqual(["counted", "counted"]);
  });

  it("goes by the millisecond", () => {
    expect(kindsOf([117, 100], { allowedLatenessMs: 2_001 })).toEqual(["counted", "counted"]);
    expect(kindsOf([117, 100], { watermarkDelayMs: 10_001 })).toEqual(["counted", "counted"]);
    const { judgements } = take([{ event: eventAt(117, 1) }, { event: eventAt(100, 2) }], {
      allowedLatenessMs: 1_999,
    });
    expect(judgements[1]).toMatchObject({ kind: "late", watermarkMs: 107_000, missedByMs: 1 });
  });

  it("by nothing is missed by 0 ms", () => {
    const { judgements } = take([{ event: eventAt(117, 1) }, { event: eventAt(100, 2) }]);
    expect(judgements[1]).toMatchObject({ kind: "late", missedByMs: 0 });
  });

  it("is nothing of equal times, nor of one window, even with no delay and no lateness", () => {
    const none = { watermarkDelayMs: 0, allowedLatenessMs: 0 };
    expect(kindsOf([100, 100, 100], none)).toEqual(["counted", "counted", "counted"]);
    expect(kindsOf([104, 100], none)).toEqual(["counted", "counted"]);
    expect(kindsOf([105, 104], none)).toEqual(["counted", "late"]);
  });

  it("is not what stands behind the watermark in a window that is open", () => {
    expect(kindsOf([114, 100])).toEqual(["counted", "counted"]);
  });

  it("is judged by the base window, not by a longer one that is still open", () => {
    const { oracle } = take([{ event: eventAt(117, 1) }, { event: eventAt(100, 2) }]);
    expect(brief(oracle.takeRest(), "minute")).toEqual(["60000 1 2 40 1"]);
  });

  it("goes before duplicate", () => {
    const { judgements } = take([
      { event: eventAt(116, 1) },
      { event: eventAt(105, 7) },
      { event: eventAt(117, 2) },
      { event: eventAt(100, 7) },
    ]);
    expect(judgements.map(({ kind }) => kind)).toEqual(["counted", "counted", "counted", "late"]);
  });
});

describe("the watermark", () => {
  it("is moved by an event that is a duplicate, after it was judged", () => {
    const { judgements, oracle } = take([
      { event: eventAt(100, 1) },
      { event: eventAt(117, 1) },
      { event: eventAt(100, 2) },
    ]);
    expect(judgements.map(({ kind }) => kind)).toEqual(["counted", "duplicate", "late"]);
    expect(oracle.watermarkMs).toBe(107_000);
  });

  it("is not moved back by an older event", () => {
    const { oracle } = take([{ event: eventAt(117, 1) }, { event: eventAt(110, 2) }, { event: eventAt(20, 3) }]);
    expect(oracle.watermarkMs).toBe(107_000);
  });

  it("is not moved by a quarantined event", () => {
    const { judgements } = take([
      { event: eventAt(100, 1) },
      { event: eventAt(900, 2), timestampMs: 100_000 },
      { event: eventAt(100, 3) },
    ]);
    expect(judgements.map(({ kind }) => kind)).toEqual(["counted", "quarantined", "counted"]);
  });
});

describe("a window", () => {
  it("takes an event while its own base window is open", () => {
    const { oracle } = take([{ event: eventAt(117, 1) }]);
    // The watermark is 107 s, and windows take events for 2 s after their end.
    expect([104_999, 105_000].map((timeMs) => oracle.takesEventAt(timeMs))).toEqual([false, true]);
    expect(createPartitionOracle(smallDefinition).takesEventAt(0)).toBe(true);
  });

  it("is closed at the watermark at which it takes no more, and not a second earlier", () => {
    const closedAfter = (second: number) =>
      brief(take([{ event: eventAt(100, 1) }, { event: eventAt(second, 2) }]).oracle.takeClosed(), "five");
    expect(closedAfter(116)).toEqual([]);
    expect(closedAfter(117)).toEqual(["100000 Bogor 1 2 40 1"]);
  });
});

describe("quarantined", () => {
  const judge = (timestampMs: number) => take([{ event: eventAt(100, 1), timestampMs }]).judgements[0];

  it("is what lies beyond the record's timestamp + skew, but not what lies at it", () => {
    expect(judge(97_000)).toMatchObject({ kind: "counted" });
    expect(judge(96_999)).toMatchObject({ kind: "quarantined", aheadMs: 1, watermarkMs: -Infinity });
    expect(judge(96_000)).toMatchObject({ kind: "quarantined", aheadMs: 1_000 });
  });

  it("is nothing in a record without a timestamp, though a timestamp of 0 is one", () => {
    expect(judge(-1)).toMatchObject({ kind: "counted" });
    expect(judge(0)).toMatchObject({ kind: "quarantined", aheadMs: 97_000 });
  });

  it("goes before late and duplicate", () => {
    const { judgements } = take([
      { event: eventAt(100, 1) },
      { event: eventAt(100, 1), timestampMs: 1_000 },
      { event: eventAt(200, 2) },
      { event: eventAt(100, 3), timestampMs: 1_000 },
    ]);
    expect(judgements.map(({ kind }) => kind)).toEqual(["counted", "quarantined", "counted", "quarantined"]);
  });

  it("leaves the id free", () => {
    const { judgements } = take([{ event: eventAt(100, 1), timestampMs: 1_000 }, { event: eventAt(100, 1) }]);
    expect(judgements[1]).toMatchObject({ kind: "counted" });
  });
});

describe("an id", () => {
  const kindsAfter = (highest: number) =>
    take([{ event: eventAt(100, 1) }, { event: eventAt(highest, 2) }, { event: eventAt(highest, 1) }]).judgements;

  it("lives until the window of the event that was counted takes no more, whatever window the second lies in", () => {
    expect(kindsAfter(116)[2]).toMatchObject({ kind: "duplicate", firstOffset: 0 });
    expect(kindsAfter(117)[2]).toMatchObject({ kind: "counted" });
  });

  it("that is counted again lives as long as its new event, and points at it", () => {
    const { judgements } = take([
      { event: eventAt(100, 1) },
      { event: eventAt(117, 2) },
      { event: eventAt(117, 1) },
      { event: eventAt(131, 1) },
      { event: eventAt(132, 1) },
      { event: eventAt(132, 1) },
    ]);
    expect(
      judgements.map((judgement) => ("firstOffset" in judgement ? judgement.firstOffset : judgement.kind)),
    ).toEqual(["counted", "counted", "counted", 2, 2, "counted"]);
  });

  it("is taken by no duplicate: the one that was counted decides", () => {
    const { judgements } = take([{ event: eventAt(100, 1) }, { event: eventAt(117, 1) }, { event: eventAt(117, 1) }]);
    expect(judgements.map(({ kind }) => kind)).toEqual(["counted", "duplicate", "counted"]);
  });

  it("of a late event stays free", () => {
    const { judgements } = take([{ event: eventAt(117, 1) }, { event: eventAt(100, 2) }, { event: eventAt(117, 2) }]);
    expect(judgements.map(({ kind }) => kind)).toEqual(["counted", "late", "counted"]);
  });

  it("is the same in upper and lower case", () => {
    const orderNo = "ABCDEF00-0000-4000-8000-000000000000";
    const { judgements } = take([
      { event: eventAt(100, 1, { orderNo }) },
      { event: eventAt(100, 1, { orderNo: orderNo.toLowerCase() }) },
    ]);
    expect(judgements[1]).toMatchObject({ kind: "duplicate", firstOffset: 0 });
  });
});

describe("rejected", () => {
  it("names the reason and the field, and moves nothing", () => {
    const oracle = createPartitionOracle(smallDefinition);
    const [first] = logOf([{ event: eventAt(100, 1) }]);
    if (first !== undefined) oracle.take(first);
    const value = encode({ ...eventAt(900, 2), items: -1 });
    expect(oracle.take({ offset: 1, timestampMs: 0, value })).toEqual({
      kind: "rejected",
      reason: "out-of-range",
      field: "items",
      watermarkMs: 90_000,
    });
    expect(oracle.watermarkMs).toBe(90_000);
  });
});

describe("an oracle", () => {
  it("takes offsets that rise, with gaps, and no others", () => {
    const oracle = createPartitionOracle(smallDefinition);
    const record = { timestampMs: -1, value: encode(eventAt(100, 1)) };
    expect(oracle.take({ ...record, offset: 5 })).toMatchObject({ kind: "counted" });
    expect(oracle.take({ ...record, offset: 9 })).toMatchObject({ kind: "duplicate", firstOffset: 5 });
    expect(() => oracle.take({ ...record, offset: 9 })).toThrow("Offset 9 came after 9.");
    expect(oracle.ledger.read).toBe(2);
  });

  it("gives a ledger that later records leave alone", () => {
    const { oracle } = take([{ event: eventAt(100, 1) }]);
    const { ledger } = oracle;
    oracle.take({ offset: 1, timestampMs: -1, value: null });
    expect([ledger.read, oracle.ledger.read]).toEqual([1, 2]);
  });

  it("shares nothing with another: an id that one has counted is counted by the other too", () => {
    const entries = [{ event: eventAt(100, 1, { orderNo: idOf(1) }) }];
    expect([take(entries), take(entries)].map(({ judgements }) => judgements[0]?.kind)).toEqual(["counted", "counted"]);
  });
});
