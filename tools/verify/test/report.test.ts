import { socmed } from "@tidemark/socmed";
import { expect, it } from "vitest";
import { showValue } from "../src/column.js";
import { createFindings } from "../src/findings.js";
import { formatProgress } from "../src/progress.js";
import { formatVerdict } from "../src/report.js";
import type { Verdict } from "../src/verdict.js";

const equal: Verdict = {
  pipeline: "socmed",
  topic: "socmed-events",
  equal: true,
  unproven: [],
  partitions: 8,
  definition: {
    ...socmed.data,
    hash: "0123456789abcdef",
  },
  records: 1_234_567,
  unread: 0,
  events: null,
  ledger: {
    read: 1_234_567,
    counted: 1_234_500,
    duplicate: 60,
    late: 0,
    quarantined: 0,
    rejected: 7,
    refused: 0,
    skipped: 0,
  },
  compared: { socmed_user_sales: 1_234_500, socmed_5s: 88_000, "tidemark.checkpoints": 8 },
  views: [
    {
      name: "all",
      fromMs: 0,
      toMs: 60_000,
      intervalMs: 200,
      variables: { topic: "socmed-events", city: "all", platform: "all" },
    },
  ],
  panels: { "total-usage": 1, "conversion-by-city-and-platform": 25, "annotation late-bursts": 0 },
  retention: [],
  passedOver: null,
  excluded: [],
  sharedIds: 0,
  topics: 1,
  comparedFrom: null,
  differences: [],
  counts: [],
};

it("says what was compared, and that it is equal, in 80 columns", () => {
  expect(formatVerdict(equal, 80)).toBe(`\
Topic socmed-events: 8 partitions, 1,234,567 records read. Definition
0123456789abcdef: watermark delay 300 s, allowed lateness 0 s, future skew 60 s.

log -> tables
  socmed_user_sales          1,234,500  equal
  socmed_5s                     88,000  equal
  tidemark.checkpoints               8  equal

tables -> panels, 1 view
  total-usage                                 1  equal
  conversion-by-city-and-platform            25  equal
  annotation late-bursts                      0  equal

By the log: read 1,234,567 = counted 1,234,500 + duplicate 60 + rejected 7.

Equal.`);
});

it("names the kinds of differences, then tells the first in full, and what else was found", () => {
  const findings = createFindings(2);
  const row = { link: "log-tables", what: "missing-row", table: "socmed_5s", column: null } as const;
  const sum = { link: "log-tables", what: "wrong-value", table: "socmed_5s", column: "sales" } as const;
  const usage = { link: "tables-panels", what: "wrong-value", table: "total-usage", column: "usage" } as const;
  const event = { link: "scenario-log", what: "missing-event", table: null, column: null } as const;
  const details = (expected: string) => ({
    partition: 3,
    where: "window 2024-02-03T17:00:05Z, Jakarta, X",
    expected,
    found: "no row",
  });
  findings.add(row, () =>
    details("events 1, usage_count 2, sales 3, visitors 4, page_visitors 5, conversion 6, and so on"),
  );
  findings.add(row, () => details("second"));
  findings.add(row, () => details("third"));
  findings.add(usage, () => ({ ...details("4"), partition: null, where: "all, row 1" }));
  findings.add(sum, () => details("3"));
  findings.add(event, () => ({
    partition: 0,
    where: "event 17 (Jakarta|X)",
    expected: `{"ID":"1","Kota":"Jakarta","Sosial_Media":"X","Usage_Count":1,"Sales":1} (54 bytes)`,
    found: "no record",
  }));
  const text = formatVerdict(
    {
      ...equal,
      equal: false,
      events: 2_000_000,
      unread: 1_200,
      ledger: { ...equal.ledger, skipped: 12 },
      retention: [{ table: "socmed_5s", completeFrom: "2024-02-03T00:00:00.000Z", leftOut: 1, droppedRows: 3 }],
      differences: findings.first(),
      counts: findings.counts(),
    },
    80,
  );
  expect(text).toBe(`\
Topic socmed-events: 8 partitions, 1,234,567 records read. Definition
0123456789abcdef: watermark delay 300 s, allowed lateness 0 s, future skew 60 s.

scenario -> log
  events                     2,000,000  1 difference

log -> tables
  socmed_user_sales          1,234,500  equal
  socmed_5s                     88,000  4 differences
  tidemark.checkpoints               8  equal

tables -> panels, 1 view
  total-usage                                 1  1 difference
  conversion-by-city-and-platform            25  equal
  annotation late-bursts                      0  equal

By the log: read 1,234,567 = counted 1,234,500 + duplicate 60 + rejected 7.
Offsets without a record: 12.
1,200 offsets not read yet.
Retention: socmed_5s was compared from 2024-02-03T00:00:00.000Z on. Left out: 1
row that the log has before that; dropped: 3.

  log: 1 missing event
  socmed_5s: 3 missing rows
  socmed_5s.sales: 1 wrong value
  total-usage.usage: 1 wrong value

2 of them in full:

  log, partition 0, event 17 (Jakarta|X): missing event
    expected  {"ID":"1","Kota":"Jakarta","Sosial_Media":"X","Usage_Count":1,"Sal
              es":1} (54 bytes)
    found     no record

  socmed_5s, partition 3, window 2024-02-03T17:00:05Z, Jakarta, X: missing row
    expected  events 1, usage_count 2, sales 3, visitors 4, page_visitors 5,
              conversion 6, and so on
    found     no row

Different: 6 differences. The chain breaks at scenario -> log and at log ->
tables and at tables -> panels.`);
});

it("keeps the first of each kind before more of any, in the order found", () => {
  const findings = createFindings(3);
  const kinds = ["missing-row", "missing-row", "missing-row", "unexpected-row"] as const;
  for (const [at, what] of kinds.entries()) {
    findings.add({ link: "log-tables", what, table: "t", column: null }, () => ({
      partition: 0,
      where: String(at),
      expected: "",
      found: "",
    }));
  }
  expect(findings.first().map(({ where }) => where)).toEqual(["0", "1", "3"]);
  expect(findings.total).toBe(4);
});

it("describes progress with its share, its rate and what is left", () => {
  expect(formatProgress({ step: "log", done: 1_200_000, of: 10_000_000 }, 1_200_000, 12_000)).toBe(
    "1,200,000 of 10,000,000 offsets compared (12 %), 100,000/s, 1m 28s left",
  );
  expect(formatProgress({ step: "scenario", done: 0, of: 5 }, 0, 1_000)).toBe("0 of 5 events placed (0 %)");
});

it("says from when on it is equal where retention has dropped rows", () => {
  const text = formatVerdict({ ...equal, comparedFrom: "2024-02-03T00:00:00.000Z" }, 80);
  expect(text).toMatch(/\n\nEqual from 2024-02-03 on\.$/);
});

it("cuts long values so that the first character that differs is seen", () => {
  const value = (middle: string) => `${"a".repeat(5_000)}${middle}${"z".repeat(5_000)}`;
  const findings = createFindings(1);
  findings.add({ link: "log-tables", what: "wrong-value", table: "socmed_rejected", column: "bytes" }, () => ({
    partition: 3,
    where: "offset 5",
    expected: value("expected here"),
    found: value("found here"),
  }));
  const [difference] = findings.first();
  expect(difference?.expected).toHaveLength(10_013);
  const text = formatVerdict(
    { ...equal, equal: false, differences: findings.first(), counts: findings.counts() },
    1_000,
  );
  expect(text).toMatch(/\n {4}expected {2}…a{20,}expected herez+…\n {4}found {5}…a{20,}found herez+…\n/);
  expect(text.length).toBeLessThan(2_000);
});

it("says what is not a character where that is what differs", () => {
  const findings = createFindings(1);
  const text = (value: string) => showValue(Buffer.from(value));
  findings.add({ link: "log-tables", what: "wrong-value", table: "socmed_rejected", column: "bytes" }, () => ({
    partition: 3,
    where: "offset 5",
    expected: text("a\u0000b"),
    found: text("a\nb"),
  }));
  const report = formatVerdict(
    { ...equal, equal: false, differences: findings.first(), counts: findings.counts() },
    80,
  );
  expect(report).toContain("expected  a\\u0000b (3 bytes)\n    found     a\\u000ab (3 bytes)");
  expect(showValue(Buffer.from([0xff, 0x61]))).toBe("\\xff61 (2 bytes)");
});
