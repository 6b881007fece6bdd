import { readFileSync, readdirSync, symlinkSync, writeFileSync, lstatSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { presets, type Scenario } from "../../src/scenario/index.js";
import { partitionOfKey } from "@tidemark/scenario/oracle";
import { createWorkplace, firstDifference, linesOf, output, parseLines, recordsOf, startMs } from "./program.js";

const workplace = createWorkplace();
const names = Object.keys(presets) as (keyof typeof presets)[];

describe("values", () => {
  it("are the stream's bytes, a line each, and an empty line for a tombstone", async () => {
    const records = recordsOf("dirty", 20_000, 7);
    expect(records.filter(({ value }) => value === null).length).toBeGreaterThan(10);
    expect(
      firstDifference(await output("--scenario=dirty", "--seed=7", "--events=20000"), linesOf(records)),
    ).toBeNull();
  });

  it("are 10,000 of default with seed 1, if nothing is asked for", async () => {
    expect(firstDifference(await output(), linesOf(recordsOf("default", 10_000)))).toBeNull();
  });

  it("are all of a scenario that has an end", async () => {
    const scenario: Scenario = { ...presets.deck, name: "short", events: 123 };
    const file = join(workplace, "short.json");
    writeFileSync(file, JSON.stringify(scenario));
    expect(firstDifference(await output("--scenario", file), linesOf(recordsOf(scenario, 123)))).toBeNull();
    expect(
      firstDifference(
        await output("--scenario", file, "--start-index=100"),
        linesOf(recordsOf(scenario, 123).slice(100)),
      ),
    ).toBeNull();
  });

  it("go on where another run ended", async () => {
    const [head, tail, whole] = await Promise.all([
      output("--scenario=dirty", "--events=5200"),
      output("--scenario=dirty", "--events=800", "--start-index=5200"),
      output("--scenario=dirty", "--events=6000"),
    ]);
    expect(firstDifference(Buffer.concat([head, tail]), whole)).toBeNull();
  });

  it("follow --start and --rate", async () => {
    const [line = ""] = (
      await output(
        "--start=2030-05-06T07:00:00+07:00",
        "--rate=0.001",
        "--events=2",
        "--start-index=1",
        "--format=records",
      )
    )
      .toString()
      .split("\n");
    expect(JSON.parse(line)).toMatchObject({ timestamp: Date.UTC(2030, 4, 6) + 1_000_000 });
  });

  it.each(names)("of %s have no newline in them", (name) => {
    expect(recordsOf(name, 20_000, 3).filter(({ value }) => value?.includes(0x0a))).toEqual([]);
  });

  it("have none even where a name has one, and where every reason of malformation is there", () => {
    const scenario: Scenario = {
      ...presets.dirty,
      cities: ["New\nYork", "\u2028", "a\r\nb"],
      platforms: ["\n\n|\n", "Y"].map((text) => `x${text}x`),
      affinities: [],
      faults: { malformed: { share: 0.9 } },
    };
    const records = recordsOf(scenario, 2000);
    expect(new Set(records.map(({ label }) => label.reason)).size).toBe(16);
    expect(records.filter(({ value }) => value?.includes(0x0a))).toEqual([]);
  });
});

describe("--out", () => {
  it("has the same bytes, twice, in place of what was there", async () => {
    const file = join(workplace, "out.ndjson");
    const expected = linesOf(recordsOf("dirty", 3000));
    for (const before of ["", "of another run"]) {
      writeFileSync(file, before);
      expect((await output("--scenario=dirty", "--events=3000", "--out", file)).length).toBe(0);
      expect(firstDifference(readFileSync(file), expected)).toBeNull();
    }
    expect(readdirSync(workplace).filter((name) => name.endsWith(".partial"))).toEqual([]);
  });

  it("replaces the file of a link, not the link", async () => {
    const [file, link] = [join(workplace, "real.ndjson"), join(workplace, "link.ndjson")];
    writeFileSync(file, "");
    symlinkSync(file, link);
    await output("--events=3", "--out", link);
    expect(lstatSync(link).isSymbolicLink()).toBe(true);
    expect(firstDifference(readFileSync(file), linesOf(recordsOf("default", 3)))).toBeNull();
  });

  it.skipIf(process.platform === "win32")("writes to a device as it is", async () => {
    await output("--events=3", "--out=/dev/null");
    expect(lstatSync("/dev/null").isCharacterDevice()).toBe(true);
  });

  it("is compressed where its name ends in .gz", async () => {
    const file = join(workplace, "out.ndjson.gz");
    await output("--events=3000", "--out", file);
    expect(firstDifference(gunzipSync(readFileSync(file)), linesOf(recordsOf("default", 3000)))).toBeNull();
  });
});

describe("--gzip", () => {
  it("compresses standard output", async () => {
    const compressed = await output("--gzip", "--events=3000");
    expect(firstDifference(gunzipSync(compressed), linesOf(recordsOf("default", 3000)))).toBeNull();
  });
});

describe("records", () => {
  const expected = (partitions: number) => {
    const ends = new Map<number, number>();
    return recordsOf("dirty", 4000).map((record) => {
      const partition = partitionOfKey(record.key, partitions);
      const offset = ends.get(partition) ?? 0;
      ends.set(partition, offset + 1);
      return { partition, offset, record };
    });
  };

  it("have their place in an empty topic, timestamp, key and value", async () => {
    const text = (await output("--scenario=dirty", "--events=4000", "--format=records", "--partitions=3")).toString();
    const found = parseLines(text).map(({ valueBase64, value, ...rest }) => ({
      ...rest,
      bytes:
        typeof valueBase64 === "string"
          ? Buffer.from(valueBase64, "base64")
          : value === null
            ? null
            : Buffer.from(String(value)),
    }));
    expect(found).toEqual(
      expected(3).map(({ partition, offset, record: { timestampMs, key, value } }) => ({
        partition,
        offset,
        timestamp: timestampMs,
        key,
        bytes: value && Buffer.from(value),
      })),
    );
  });

  it("are base64 where they are no UTF-8, and there alone", async () => {
    const text = (await output("--scenario=dirty", "--events=4000", "--format=records", "--labels")).toString();
    const reasons = parseLines(text)
      .filter((record) => "valueBase64" in record)
      .map(({ label }) => (label as { reason?: string }).reason);
    expect(new Set(reasons)).toEqual(new Set(["not-utf8"]));
  });

  it("have no timestamp where the scenario gives them none", async () => {
    const text = (await output("--scenario=clocks", "--events=3000", "--format=records", "--labels")).toString();
    const without = parseLines(text).filter(({ timestamp }) => timestamp === -1);
    expect(without.length).toBeGreaterThan(100);
    expect(new Set(without.map(({ label }) => (label as { kind: string }).kind))).toEqual(new Set(["noTimestamp"]));
  });

  it("have index and label, where they are asked for", async () => {
    const text = (await output("--scenario=dirty", "--events=4000", "--format=records", "--labels")).toString();
    expect(parseLines(text).map(({ index, label }) => ({ index, label }))).toEqual(
      recordsOf("dirty", 4000).map(({ index, label }) => ({ index, label })),
    );
    const bare = (await output("--events=1", "--format=records")).toString();
    expect(Object.keys(JSON.parse(bare) as object)).toEqual(["partition", "offset", "timestamp", "key", "value"]);
    expect(JSON.parse(bare)).toMatchObject({ timestamp: startMs });
  });
});
