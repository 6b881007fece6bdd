import { describe, expect, it } from "vitest";
import { formatJson, formatLedger, formatStatus, formatTable } from "@tidemark/cli/report";
import { EMPTY_LEDGER } from "@tidemark/pipeline";
import { socmed } from "@tidemark/socmed";
import { eventOf } from "./processor-fixtures.js";

const deckEvent = eventOf({ Ts: 1_706_981_205 });
const rates = { conversion_rate: 43.59281437125748, bounce_rate: 19.281437125748504 };
const progress = {
  partitions: 8,
  perSecond: 1234.4,
  lag: 12,
  held: undefined,
  watermarkMs: Date.parse("2024-02-03T17:00:00Z"),
  ledger: { ...EMPTY_LEDGER, read: 5_003, counted: 5_000, late: 3 },
};

describe("what the consumer prints", () => {
  it("writes the ledger as a sum, leaving out parts that are 0", () => {
    expect(formatLedger(progress.ledger)).toBe("read 5,003 = counted 5,000 + late 3");
    expect(formatLedger(EMPTY_LEDGER)).toBe("read 0 = counted 0");
    expect(formatLedger({ ...EMPTY_LEDGER, skipped: 2, lost: 1 })).toBe("read 0 = counted 0, skipped 2, lost 1");
  });

  it("writes rate, lag, watermark and ledger in one line", () => {
    expect(formatStatus(progress)).toBe(
      "1,234 ev/s  lag 12  watermark 2024-02-03 17:00:00  read 5,003 = counted 5,000 + late 3",
    );
    expect(formatStatus(progress, true)).toBe(
      "1,234 ev/s  lag 12  watermark 17:00:00  read 5,003 = counted 5,000 + late 3",
    );
    expect(formatStatus({ ...progress, watermarkMs: -Infinity })).toContain("watermark none");
  });

  it("says what stands behind an open transaction, and since when", () => {
    const held = { records: 12, sinceMs: Date.parse("2024-02-03T17:01:00Z") };
    expect(formatStatus({ ...progress, held })).toContain(
      "lag 12 + 12 behind an open transaction since 2024-02-03 17:01:00  watermark",
    );
    expect(formatStatus({ ...progress, held }, true)).toContain("lag 12 + 12 behind an open transaction  watermark");
    expect(JSON.parse(formatJson({ ...progress, held }))).toMatchObject({ lag: 12, held });
  });

  it("writes one JSON object a line, with null for a watermark that isn't there", () => {
    expect(JSON.parse(formatJson(progress))).toMatchObject({ kind: "progress", lag: 12, eventsPerSecond: 1234 });
    expect(JSON.parse(formatJson({ ...progress, watermarkMs: -Infinity }))).toMatchObject({ watermarkMs: null });
  });

  it("shows a batch as the deck does, with all digits of the rates", () => {
    expect(formatTable("Batch 0", socmed.data, [{ ...deckEvent, ...rates, offset: 7 }]).split("\n")).toEqual([
      "Batch 0",
      "+------------------------------------+------+------------+-----------+-----+--------+------------+----------+-------------------+-----------------+------------------+",
      "|                                  ID|  Kota|Sosial_Media|Usage_Count|Sales|Visitors|PageVisitors|Conversion|                 Ts|  conversion_rate|       bounce_rate|",
      "+------------------------------------+------+------------+-----------+-----+--------+------------+----------+-------------------+-----------------+------------------+",
      "|352ed520-03fb-4933-9d2f-38019883650d|Bekasi|   Instagram|        849|   68|     835|         161|       364|2024-02-03 17:26:45|43.59281437125748|19.281437125748504|",
      "+------------------------------------+------+------------+-----------+-----+--------+------------+----------+-------------------+-----------------+------------------+",
    ]);
  });

  it("shows 20 rows at most, NULL for no rate, and nothing that would move the cursor", () => {
    const row = { ...deckEvent, Kota: "a\u001B[2Jb\n", Visitors: 0, conversion_rate: null, bounce_rate: null };
    const rows = Array.from({ length: 21 }, (_, offset) => ({ ...row, offset }));
    const lines = formatTable("Batch 1", socmed.data, rows).split("\n");
    expect(lines.at(-1)).toBe("only showing top 20 rows of 21");
    expect(lines).toHaveLength(1 + 3 + 20 + 1 + 1);
    expect(lines[4]).toContain("|a.[2Jb.|");
    expect(lines[4]).toContain("NULL");
  });
});
