import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Scenario } from "../../src/scenario/index.js";
import { answer, type OracleWindow, partitionOfKey } from "@tidemark/scenario/oracle";
import { tableNames } from "../../src/bin/tables.js";
import { socmedData } from "../../src/pipeline.js";
import { createWorkplace, output, readTable, recordsOf } from "./program.js";

const workplace = createWorkplace();

async function answersOf(name: string, ...args: readonly string[]): Promise<string> {
  const directory = join(workplace, name);
  await output(...args, "--out=/dev/null", "--answers", directory);
  return directory;
}

const sum = (rows: readonly Record<string, unknown>[], column: string) =>
  rows.reduce((total, row) => total + Number(row[column]), 0);

/** One event a second, all alike: 25 % convert, 12.5 % bounce. */
const plain: Scenario = {
  name: "plain",
  cities: ["Bogor"],
  platforms: ["X"],
  rate: { kind: "constant", perSecond: 1 },
  events: 63,
  traffic: {
    kind: "independent",
    Usage_Count: [7, 7],
    Sales: [3, 3],
    Visitors: [800, 800],
    PageVisitors: [100, 100],
    Conversion: [200, 200],
  },
  delaySeconds: [0, 0],
};

describe("the answers of a stream that can be worked out by hand", () => {
  it("are what a hand makes of it", async () => {
    const file = join(workplace, "plain.json");
    writeFileSync(file, JSON.stringify(plain));
    const directory = await answersOf("plain", "--scenario", file, "--partitions=1");
    const rates = (events: number) => ({
      conversion_rate_sum: 25 * events,
      conversion_rate_count: events,
      bounce_rate_sum: 12.5 * events,
      bounce_rate_count: events,
    });
    const window = (window_start: string, events: number) => ({
      partition: 0,
      window_start,
      kota: "Bogor",
      sosial_media: "X",
      events,
      usage_count: 7 * events,
      sales: 3 * events,
      visitors: 800 * events,
      page_visitors: 100 * events,
      conversion: 200 * events,
      ...rates(events),
    });
    expect(readTable(directory, "socmed_1m")).toEqual([
      window("2024-02-03T17:00:00.000Z", 60),
      window("2024-02-03T17:01:00.000Z", 3),
    ]);
    expect(readTable(directory, "socmed_1h")).toEqual([window("2024-02-03T17:00:00.000Z", 63)]);
    const fives = readTable(directory, "socmed_5s");
    expect(fives.slice(0, 2)).toEqual([window("2024-02-03T17:00:00.000Z", 5), window("2024-02-03T17:00:05.000Z", 5)]);
    expect(fives.map(({ events }) => events)).toEqual([...Array.from({ length: 12 }, () => 5), 3]);
    const rows = readTable(directory, "socmed_user_sales");
    expect(rows).toHaveLength(63);
    expect(rows[62]).toEqual({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      kota: "Bogor",
      sosial_media: "X",
      usage_count: 7,
      sales: 3,
      visitors: 800,
      page_visitors: 100,
      conversion: 200,
      ts: "2024-02-03T17:01:02.000Z",
      conversion_rate: 25,
      bounce_rate: 12.5,
      partition: 0,
      offset: 62,
    });
    expect([readTable(directory, "socmed_late"), readTable(directory, "socmed_rejected")]).toEqual([[], []]);
    expect(readTable(directory, "checkpoints")).toEqual([
      {
        partition: 0,
        start_offset: 0,
        next_offset: 63,
        watermark: "2024-02-03T16:56:02.000Z",
        max_event_time: "2024-02-03T17:01:02.000Z",
        read: 63,
        counted: 63,
        duplicate: 0,
        late: 0,
        quarantined: 0,
        rejected: 0,
        skipped: 0,
        lost: 0,
      },
    ]);
  });

  it("go by the scenario's pipeline, and by the options before it", async () => {
    const file = join(workplace, "hasty.json");
    const pipeline = {
      watermarkDelaySeconds: 10,
      allowedLatenessSeconds: 0,
      maxFutureSkewSeconds: 60,
      windowSeconds: 5,
    };
    writeFileSync(file, JSON.stringify({ ...plain, pipeline }));
    const own = readTable(await answersOf("own", "--scenario", file), "checkpoints");
    expect(own.map(({ watermark }) => watermark).filter((watermark) => watermark !== null)).toEqual([
      "2024-02-03T17:00:52.000Z",
    ]);
    const given = readTable(await answersOf("given", "--scenario", file, "--watermark-delay=90s"), "checkpoints");
    expect(given.map(({ watermark }) => watermark).filter((watermark) => watermark !== null)).toEqual([
      "2024-02-03T16:59:32.000Z",
    ]);
  });
});

describe("the answers of dirty", () => {
  const events = 20_000;
  const records = recordsOf("dirty", events, 5);
  const directory = answersOf("dirty", "--scenario=dirty", "--seed=5", `--events=${events}`);
  const read = async (table: string) => readTable(await directory, table);

  it("add up: rows, windows and ledger", async () => {
    const ledger = await read("checkpoints");
    const [rows, late, rejected] = [
      await read("socmed_user_sales"),
      await read("socmed_late"),
      await read("socmed_rejected"),
    ];
    expect(ledger).toHaveLength(8);
    expect(sum(ledger, "read")).toBe(events);
    for (const row of ledger) {
      const { read: all, counted, duplicate, late: tooLate, quarantined, rejected: refused, next_offset } = row;
      expect(Number(counted) + Number(duplicate) + Number(tooLate) + Number(quarantined) + Number(refused)).toBe(all);
      expect(next_offset).toBe(all);
    }
    expect(rows).toHaveLength(sum(ledger, "counted"));
    expect(late).toHaveLength(sum(ledger, "late"));
    expect(rejected).toHaveLength(sum(ledger, "quarantined") + sum(ledger, "rejected"));
    for (const column of ["usage_count", "sales", "visitors", "page_visitors", "conversion"]) {
      expect(sum(await read("socmed_5s"), column)).toBe(sum(rows, column));
      expect(sum(await read("socmed_1m"), column)).toBe(sum(rows, column));
      expect(sum(await read("socmed_1h"), column)).toBe(sum(rows, column));
    }
    expect([sum(await read("socmed_5s"), "events"), sum(await read("socmed_1m"), "events")]).toEqual([
      rows.length,
      rows.length,
    ]);
  });

  it("have what the labels promise", async () => {
    const ledger = await read("checkpoints");
    const promised = (becomes: string) => records.filter(({ label }) => label.becomes === becomes).length;
    const open = records.filter(({ label }) => label.becomes === null).length;
    for (const becomes of ["counted", "duplicate", "late", "quarantined", "rejected"]) {
      expect(promised(becomes)).toBeGreaterThan(50);
      expect(sum(ledger, becomes) - promised(becomes)).toBeGreaterThanOrEqual(0);
      expect(sum(ledger, becomes) - promised(becomes)).toBeLessThanOrEqual(open);
    }
    const reasons = (await read("socmed_rejected")).map(({ reason }) => reason);
    expect(reasons.filter((reason) => reason === "future")).toHaveLength(sum(ledger, "quarantined"));
    expect(new Set(reasons).size).toBe(16);
  });

  it("have the first 4 KiB of what is no event or comes from the future, with its length and hash", async () => {
    const ends = new Map<number, number>();
    const values = new Map(
      records.map(({ key, value }) => {
        const partition = partitionOfKey(key, 8);
        const offset = ends.get(partition) ?? 0;
        ends.set(partition, offset + 1);
        return [`${partition} ${offset}`, value && Buffer.from(value)];
      }),
    );
    const rejected = await read("socmed_rejected");
    const kept = rejected.map(({ bytes, byte_length, sha256 }) => ({ bytes, byte_length, sha256 }));
    expect(kept).toEqual(
      rejected.map(({ partition, offset }) => {
        const value = values.get(`${String(partition)} ${String(offset)}`) ?? null;
        return {
          bytes: value && value.subarray(0, 4_096).toString("base64"),
          byte_length: value && value.length,
          sha256: value && createHash("sha256").update(value).digest("base64"),
        };
      }),
    );
    expect(Math.max(...rejected.map(({ byte_length: length }) => Number(length)))).toBeGreaterThan(4_096);
    expect(rejected.filter(({ bytes }) => bytes === null).map(({ reason }) => reason)).toContain("tombstone");
  });

  it("have the windows of the rows, to the bit", async () => {
    const naive = new Map<string, [number, number, number]>();
    for (const { partition, ts, kota, sosial_media, visitors, conversion_rate } of await read("socmed_user_sales")) {
      const start = new Date(Math.floor(Date.parse(String(ts)) / 60_000) * 60_000).toISOString();
      const key = [partition, start, kota, sosial_media].join();
      const [count, total, rates] = naive.get(key) ?? [0, 0, 0];
      naive.set(key, [count + 1, total + Number(visitors), rates + Number(conversion_rate ?? 0)]);
    }
    const found = (await read("socmed_1m")).map((row): [string, unknown[]] => [
      [row["partition"], row["window_start"], row["kota"], row["sosial_media"]].join(),
      [row["events"], row["visitors"], row["conversion_rate_sum"]],
    ]);
    expect(found).toHaveLength(naive.size);
    expect(Object.fromEntries(found)).toEqual(Object.fromEntries(naive));
  });

  it("are those of the library's oracle", async () => {
    const windows: (OracleWindow & { partition: number })[] = [];
    const verdicts: string[] = [];
    const { partitions } = answer(records, {
      definition: socmedData,
      partitions: 8,
      onJudged: ({ kind }) => verdicts.push(kind),
      onWindow: (window, partition) => windows.push({ ...window, partition }),
    });
    expect((await read("checkpoints")).map(({ watermark }) => Date.parse(String(watermark)))).toEqual(
      partitions.map(({ watermarkMs }) => watermarkMs),
    );
    const ids = records.filter((_, index) => verdicts[index] === "counted").map(({ event }) => event?.ID);
    expect((await read("socmed_user_sales")).map(({ id }) => id)).toEqual(ids);
    const flat = async (table: string) => (await read(table)).map((row) => JSON.stringify(Object.values(row))).sort();
    for (const table of ["socmed_5s", "socmed_1m", "socmed_1h"]) {
      const expected = windows
        .filter(({ rollup }) => rollup === table)
        .map(({ partition, windowStartMs, keys, values }) =>
          JSON.stringify([partition, new Date(windowStartMs).toISOString(), ...keys, ...values]),
        );
      expect(await flat(table)).toEqual(expected.sort());
    }
  });

  it("are in their orders: events by the stream, windows of a partition by start, city and platform", async () => {
    for (const table of ["socmed_user_sales", "socmed_late", "socmed_rejected"]) {
      const last = new Map<unknown, number>();
      for (const { partition, offset } of await read(table)) {
        expect(Number(offset)).toBeGreaterThan(last.get(partition) ?? -1);
        last.set(partition, Number(offset));
      }
    }
    for (const table of ["socmed_5s", "socmed_1m", "socmed_1h"]) {
      const rows = await read(table);
      const keyOf = ({ window_start, kota, sosial_media }: (typeof rows)[number]) =>
        [window_start, kota, sosial_media].join("\0");
      for (let partition = 0; partition < 8; partition++) {
        const keys = rows.filter((row) => row["partition"] === partition).map(keyOf);
        expect(keys).toEqual(keys.toSorted());
      }
    }
  });

  it("are the same bytes again, in place of those of an earlier run", async () => {
    const before = tableNames.map((name) => readFileSync(join(workplace, "dirty", `${name}.ndjson`), "utf8"));
    await answersOf("dirty", "--scenario=dirty", "--events=10");
    expect(readTable(await directory, "socmed_user_sales").length).toBeLessThanOrEqual(10);
    await answersOf(
      "dirty",
      "--scenario=dirty",
      "--seed=5",
      `--events=${events}`,
      "--watermark-delay=300s",
      "--allowed-lateness=0s",
      "--max-future-skew=60s",
    );
    expect(tableNames.map((name) => readFileSync(join(workplace, "dirty", `${name}.ndjson`), "utf8"))).toEqual(before);
    expect(readdirSync(await directory).sort()).toEqual(tableNames.map((name) => `${name}.ndjson`).sort());
  });

  it("change with the times by which they are judged", async () => {
    const lenient = await answersOf(
      "lenient",
      "--scenario=dirty",
      "--seed=5",
      `--events=${events}`,
      "--allowed-lateness=2d",
      "--max-future-skew=2d",
    );
    expect(sum(readTable(lenient, "checkpoints"), "quarantined")).toBe(0);
    const hasty = await answersOf(
      "hasty",
      "--scenario=dirty",
      "--seed=5",
      `--events=${events}`,
      "--watermark-delay=0s",
    );
    expect(sum(readTable(hasty, "checkpoints"), "late")).toBeGreaterThan(1000);
  });
});

describe("answers", () => {
  it("stand beside the stream on standard output", async () => {
    const directory = join(workplace, "beside");
    const [stream, alone] = await Promise.all([output("--events=500", "--answers", directory), output("--events=500")]);
    expect(stream).toEqual(alone);
    expect(existsSync(join(directory, "checkpoints.ndjson"))).toBe(true);
  });
});
