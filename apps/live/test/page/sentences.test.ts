import { describe, expect, it } from "vitest";
import { readChoice, writeChoice } from "../../page/src/choice.js";
import { judgeCondition } from "../../page/src/condition.js";
import { describeChange } from "../../page/src/last-look.js";
import { compareWithBefore } from "../../page/src/layout/comparison.js";
import { widerRange } from "../../page/src/notice.js";
import { formatDuration, formatTime } from "../../page/src/times.js";
import { explainWatermark } from "../../page/src/views/explanation.js";
import { scaleOf } from "../../page/src/views/interval.js";
import { sampleLedger, samplePulse } from "./sample.js";

const at = (clock: string) => Date.parse(`2024-02-03T${clock}Z`);

describe("the explanation of the watermark", () => {
  const partition = (number: number, newest: string | null, holds = false) => ({
    partition: number,
    newest: newest === null ? null : at(newest),
    watermark: newest === null ? null : at(newest) - 300_000,
    holds: holds ? "holds it" : "",
  });

  it("says up to when windows are closed, who holds the watermark, and what it waits for", () => {
    const rows = [partition(0, "17:10:05"), partition(3, "17:10:00", true)];
    expect(explainWatermark(rows, at("17:10:07"))).toEqual([
      "Windows that end by 17:05:00 are closed in all partitions: nothing changes them any more.",
      "Partition 3 holds the watermark there: its newest event is of 17:10:00, and the watermark stays 5 min behind it. " +
        "A later window stays open until it has read an event from 5 min after its end.",
    ]);
  });

  it("names a partition that is quiet, several that hold it together, and those without an event", () => {
    const rows = [partition(5, null), partition(0, "17:20:00"), partition(2, "17:10:00"), partition(1, "17:10:00")];
    expect(explainWatermark(rows, at("17:20:07")).slice(1)).toEqual([
      "Partitions 1 and 2 hold the watermark there: their newest event is of 17:10:00, and the watermark stays 5 min behind it. " +
        "A later window stays open until they have read an event from 5 min after its end.",
      "Partitions 1 and 2 are 10 min behind the others: too few events come there.",
      "Partition 5 had no event yet.",
    ]);
  });

  it("says that nothing is open before the first event", () => {
    expect(explainWatermark([partition(0, null)], 0)).toEqual(["No event has come yet, so no window is open."]);
  });
});

describe("what is chosen", () => {
  const tabs = ["social-media-performance", "pipeline-health"];

  it("comes back out of the address that it is written to", () => {
    const choice = {
      tab: "pipeline-health",
      range: "24h",
      cities: ["Depok", "a&b=c"],
      platforms: ["insta'gram"],
    } as const;
    expect(readChoice(writeChoice(choice), tabs)).toEqual(choice);
    expect(writeChoice(choice)).toBe("?tab=pipeline-health&range=24h&city=Depok&city=a%26b%3Dc&platform=insta%27gram");
  });

  it("is the first tab, five minutes and all names where the address says nothing, or nothing that there is", () => {
    const all = { tab: "social-media-performance", range: "5m", cities: null, platforms: null };
    expect(readChoice("", tabs)).toEqual(all);
    expect(readChoice("?tab=x&range=toString&city=&platform=", tabs)).toEqual(all);
  });

  it("has each name once, in order", () => {
    expect(readChoice("?city=b&city=a&city=b", tabs).cities).toEqual(["a", "b"]);
  });
});

describe("a sum", () => {
  it("is compared with the range before, as a multiple where a percentage says little", () => {
    expect(compareWithBefore(110, 100, "1h")).toBe("+10.0 % on the hour before");
    expect(compareWithBefore(50, 100, "5m")).toBe("−50.0 % on the 5 min before");
    expect(compareWithBefore(1_099, 100, "1h")).toBe("+999.0 % on the hour before");
    expect(compareWithBefore(1_234, 100, "1h")).toBe("12.3 × that of the hour before");
    expect(compareWithBefore(123_456, 100, "24h")).toBe("1,234.6 × that of the 24 h before");
    expect(compareWithBefore(7, 0, "1h")).toBe("in the last hour");
    expect(compareWithBefore(7, null, "1h")).toBe("in the last hour");
    expect(compareWithBefore(7, 7, "all")).toBe("since the first event");
  });
});

describe("how it stands with the stream", () => {
  it("is judged by the worst that holds", () => {
    expect(judgeCondition("lost", samplePulse(0), 1)).toBe("server-away");
    expect(judgeCondition("open", undefined, null)).toBe("connecting");
    expect(judgeCondition("open", samplePulse(0, { database: "away" }), 60_000)).toBe("database-away");
    expect(judgeCondition("open", samplePulse(0), null)).toBe("empty");
    expect(judgeCondition("open", samplePulse(0), 15_001)).toBe("stopped");
    expect(judgeCondition("open", samplePulse(0), 15_000)).toBe("live");
  });

  it("is told since the last look, unless that was just now or of other tables", () => {
    const look = { atMs: samplePulse(0).nowMs, ledger: sampleLedger(0) };
    expect(describeChange(look, samplePulse(120))).toBe(
      "Since your last look 2 min ago: 2,640 records more, 240 of them not counted",
    );
    expect(describeChange(look, samplePulse(120, { ledger: look.ledger }))).toBe(
      "Since your last look 2 min ago: nothing new",
    );
    expect(describeChange(look, samplePulse(4))).toBe("");
    expect(describeChange({ ...look, ledger: sampleLedger(500) }, samplePulse(120))).toBe("");
    expect(describeChange(undefined, samplePulse(120))).toBe("");
  });

  it("names the shortest range that holds the newest event", () => {
    const ages = { "5m": 60_000, "1h": 300_000, "24h": 3_600_000, all: 86_400_000 };
    for (const [range, ageMs] of Object.entries(ages)) {
      const { nowMs } = samplePulse(0);
      expect(widerRange(samplePulse(0, { newestEventMs: nowMs - ageMs }))).toBe(range);
    }
    expect(widerRange(samplePulse(0, { newestEventMs: null }))).toBeUndefined();
  });
});

describe("times and scales", () => {
  it("are written in the units that people would say", () => {
    const written = [0, 499, 42_000, 60_000, 192_000, 4_800_000, 36_000_000, 90_000_000].map(formatDuration);
    expect(written).toEqual(["0 s", "0 s", "42 s", "1 min", "3 min 12 s", "1 h 20 min", "10 h", "1 d 1 h"]);
  });

  it("have their day where it is not the same as that beside them", () => {
    expect(formatTime(at("17:00:05"), at("23:59:59"))).toBe("17:00:05");
    expect(formatTime(at("17:00:05"), at("23:59:59") + 1_000)).toBe("2024-02-03 17:00:05");
  });

  it("end at multiples of five, with room for every bar", () => {
    expect(
      scaleOf([
        { low: 41, high: 44.9, mean: 45.1 },
        { low: null, high: null, mean: 40.1 },
      ]),
    ).toEqual({ from: 40, to: 50 });
    expect(scaleOf([{ low: 40, high: 40, mean: 40 }])).toEqual({ from: 40, to: 45 });
    expect(scaleOf([])).toEqual({ from: 0, to: 100 });
  });
});
