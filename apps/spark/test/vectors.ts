import { createHash } from "node:crypto";
import {
  count,
  countNonNull,
  definePipeline,
  max,
  mean,
  min,
  sum,
  tumbling,
  withTimes,
  type Pipeline,
} from "@tidemark/pipeline/definition";
import { EMPTY_LEDGER } from "@tidemark/pipeline";
import { createPartitionProcessor } from "@tidemark/pipeline/parts";
import { createCopyEncoder, type Checkpoint } from "@tidemark/sinks";
import { int64 } from "@tidemark/schema";
import { socmed } from "@tidemark/socmed";
import { createStream, presets } from "@tidemark/socmed/scenario";
import type { SourceRecord } from "@tidemark/sources";
import fc from "fast-check";
import { z } from "zod";
import { describeJob, type Job } from "../src/job.js";

/** A pipeline, records, and what the TypeScript implementation makes of them, checkpoint by checkpoint. */
export interface Vector {
  readonly name: string;
  readonly job: VectorJob;
  readonly batches: readonly { readonly records: readonly VectorRecord[]; readonly nextOffset: number }[];
  readonly checkpoints: readonly VectorCheckpoint[];
}

/** A job, but of the sink's statements only those of copies, so that the vectors do not depend on others. */
type VectorJob = Omit<Job, "definitionText" | "sql"> & { readonly sql: Pick<Job["sql"], "raw" | "late" | "rejected"> };

interface VectorRecord {
  readonly offset: number;
  readonly timestampMs: number;
  readonly key: string | null;
  /** Base64. */
  readonly value: string | null;
}

interface VectorCheckpoint {
  readonly head: Pick<Checkpoint, "nextOffset" | "ledger" | "lastRecord"> & {
    readonly watermarkMs: number | null;
    readonly maxEventTimeMs: number | null;
  };
  /** Arrays of Postgres in their text form are made of these. NaN and null are null. */
  readonly changed: readonly (readonly unknown[])[][];
  readonly added: readonly (readonly unknown[])[][];
  /** SHA-256 of each table's COPY stream; null: no rows. */
  readonly copies: Readonly<Record<"raw" | "late" | "rejected", string | null>>;
  /** For whoever looks for a difference. */
  readonly rejected: readonly unknown[];
}

const SEED = 20_240_203;
const START_MS = Date.parse("2024-02-03T17:00:00Z");
const PARTITION = 3;
const TOPIC = "vectors";

const ODD_TEXTS = [
  "",
  " ",
  "a",
  " Köln ",
  "\u00a0x\ufeff",
  "\u0085y",
  "\u001cz",
  "a\0b",
  "\ud83d",
  "x\ud83d\udca9",
  "\ud83d\udca9".repeat(6),
  "e\u0301\u0301",
  "NULL",
  '"\\{}(),',
  "\u2028\n\t\u007f",
  "é".repeat(12),
  "x".repeat(13),
  "AB-12",
  "AB-12\n",
  "ab-12",
];
const ODD_NUMBERS = [
  "0",
  "-0",
  "0.0",
  "1.0",
  "1e3",
  "100e-2",
  "1.5",
  "1e400",
  "-1e400",
  "5e-324",
  "9".repeat(25),
  "9".repeat(500),
  "9007199254740991",
  "9007199254740993",
  "2147483647",
  "2147483648",
  "-1",
  "123456789012345678901234567890e-20",
  "253402300799",
  "253402300800",
  "1706979600000",
  "1e21",
  "1e-7",
  "0.1",
  "1706979584.5",
  "4.0000000000000001",
];
const ODD_WHOLE = [
  "",
  "null",
  "[]",
  "5",
  '"x"',
  "true",
  "{}",
  "\ufeff{}",
  '{"a":1}x',
  "{}{}",
  '{"a":"\u0001"}',
  "\u00a0{}",
  '{"a":1,}',
  "\f{}",
  "-",
  "-5",
  "[1e999]",
  "1e21",
  "1e-7",
  "NaN",
  "[NaN]",
  "{'a':1}",
  "123456789012345680000",
  "[".repeat(3_000),
  `{"a":${"[".repeat(3_000)}${"]".repeat(3_000)}}`,
  "hello\u0001\u200b\u2028world".repeat(20),
];
const ODD_BYTES = [
  [0xff, 0xfe],
  [0xed, 0xa0, 0x80],
  [0xc0, 0xaf],
  [0xf5, 0x80, 0x80, 0x80],
  [0, 0, 0, 1, 2, 3],
  [0, 1],
  [0x7b, 0xe2, 0x82],
].map((bytes) => Uint8Array.from(bytes));

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
const jsonText = fc.constantFrom(...ODD_TEXTS).map((text) => JSON.stringify(text));
const odd = fc.oneof(
  jsonText,
  fc.constantFrom(...ODD_NUMBERS),
  fc.constantFrom("null", "true", "[]", "[1,2]", "{}", '{"a":1}'),
);

/** A zod type, and values of it as JSON that are taken. */
interface Kind {
  readonly type: z.ZodType;
  readonly good: fc.Arbitrary<string>;
  readonly isKey: boolean;
  readonly isNumber: boolean;
}

const kindOf = (type: z.ZodType, good: fc.Arbitrary<string>, more: Partial<Kind> = {}): Kind => ({
  type,
  good,
  isKey: false,
  isNumber: false,
  ...more,
});
const quoted = (text: fc.Arbitrary<string>) => text.map((one) => JSON.stringify(one));
const integers = fc.integer({ min: 0, max: 1_000 }).map(String);

const KINDS: readonly Kind[] = [
  kindOf(z.string().trim().min(1).max(12), quoted(fc.constantFrom("a", " b ", "Köln", "\ud83d\udca9")), {
    isKey: true,
  }),
  kindOf(z.string().min(2).max(40), quoted(fc.constantFrom("aa", "bb ", "ccc"))),
  kindOf(z.string().regex(/^[A-Z]{2}-\d+$/), quoted(fc.constantFrom("AB-1", "ZZ-99")), { isKey: true }),
  kindOf(z.guid(), quoted(fc.uuid().map((id) => id.toUpperCase())), { isKey: true }),
  kindOf(z.uuid(), quoted(fc.uuid()), { isKey: true }),
  kindOf(
    z
      .int()
      .min(0)
      .max(2 ** 40),
    integers,
    { isKey: true, isNumber: true },
  ),
  kindOf(z.int().min(-5).max(1_000), integers, { isNumber: true }),
  kindOf(z.number(), fc.constantFrom("0.1", "1e-3", "-0.0", "12345.678", "1e300"), { isNumber: true }),
  kindOf(z.number().gt(0).max(1_000), fc.constantFrom("0.25", "1000", "3e-7"), { isNumber: true }),
  kindOf(z.boolean(), fc.constantFrom("true", "false"), { isKey: true }),
  kindOf(z.enum(["red", "green"]), quoted(fc.constantFrom("red", "green")), { isKey: true }),
  kindOf(z.iso.date(), quoted(fc.constantFrom("2024-02-29", "0001-01-01", "9999-12-31", "2023-02-29")), {
    isKey: true,
  }),
  kindOf(int64(), fc.oneof(quoted(fc.constantFrom("9223372036854775807", "-5", "007")), integers), { isKey: true }),
];

const TIMES = {
  s: { type: z.int().min(0), write: (ms: number) => String(Math.floor(ms / 1000)) },
  ms: { type: z.int().min(0), write: String },
  us: { type: z.int().min(0), write: (ms: number) => String(ms * 1000 + (ms % 7)) },
  iso: {
    type: z.iso.datetime({ offset: true }),
    write: (ms: number) => {
      const text = new Date(ms + 7 * 3_600_000).toISOString();
      return ms % 2 === 0 ? JSON.stringify(new Date(ms).toISOString()) : JSON.stringify(text.replace("Z", "123+07:00"));
    },
  },
} as const;

interface Shape {
  readonly kinds: readonly { readonly kind: Kind; readonly form: "plain" | "nullable" | "optional" }[];
  readonly unit: keyof typeof TIMES;
  readonly times: {
    readonly watermarkDelayMs: number;
    readonly allowedLatenessMs: number;
    readonly maxFutureSkewMs: number;
  };
  readonly hasId: boolean;
  readonly whole: boolean;
}

const shapes: fc.Arbitrary<Shape> = fc.record({
  kinds: fc.array(
    fc.record({
      kind: fc.constantFrom(...KINDS),
      form: fc.constantFrom<"plain" | "nullable" | "optional">("plain", "plain", "nullable", "optional"),
    }),
    { minLength: 3, maxLength: 8 },
  ),
  unit: fc.constantFrom(...(Object.keys(TIMES) as (keyof typeof TIMES)[])),
  times: fc.record({
    watermarkDelayMs: fc.constantFrom(0, 2_000, 20_000),
    allowedLatenessMs: fc.constantFrom(0, 3_000),
    maxFutureSkewMs: fc.constantFrom(1_000, 60_000),
  }),
  hasId: fc.boolean(),
  whole: fc.boolean(),
});

function pipelineOf(name: string, shape: Shape): Pipeline {
  const { kinds, unit, hasId, whole } = shape;
  const named = kinds.map((one, at) => ({ ...one, name: `f${at}` }));
  const formed = named.map(({ name: field, kind, form }) => {
    if (form === "nullable") return [field, kind.type.nullable()];
    return [field, form === "optional" ? kind.type.optional() : kind.type];
  });
  const plain = named.filter(({ form }) => form === "plain");
  const keys = plain.filter(({ kind }) => kind.isKey).map((one) => one.name);
  const numbers = named.filter(({ kind }) => kind.isNumber).map((one) => one.name);
  const aggregates = {
    events: count(),
    ...Object.fromEntries(named.map((one) => [`present_${one.name}`, countNonNull(one.name)])),
    ...Object.fromEntries(
      numbers.flatMap((one) => [
        [`sum_${one}`, sum(one)],
        [`mean_${one}`, mean(one)],
        [`min_${one}`, min(one)],
        [`max_${one}`, max(one)],
      ]),
    ),
  };
  const [numerator, denominator] = plain.filter(({ kind }) => kind.isNumber).map((one) => one.name);
  const rate = { name: "share", title: "Share", numerator, denominator, scale: 100, unit: "percent" };
  const rates = denominator === undefined ? [] : [rate];
  const measured = rates.length === 0 ? aggregates : { ...aggregates, share: mean("share") };
  return withTimes(
    definePipeline({
      name,
      event: z.object({ id: z.string().min(1).max(20), ...Object.fromEntries(formed), at: TIMES[unit].type }),
      ...(hasId && { id: "id" }),
      time: { field: "at", unit },
      rates,
      watermark: { delay: "1s" },
      rollups: [
        { name: `${name}_5s`, window: tumbling("5s"), keys: keys.slice(0, 2), aggregates: measured },
        { name: `${name}_1m`, window: tumbling("1m"), keys: [], aggregates: measured },
      ],
      tables: { rejectedValues: whole ? "whole" : "start", partitionBy: whole ? "none" : "day" },
    } as never) as Pipeline,
    shape.times,
  );
}

const withTimestamp = (timeMs: number, skewMs: number) =>
  fc.constantFrom(timeMs, timeMs + 400, timeMs - skewMs, timeMs - skewMs - 1, -1, timeMs + 5_000_000);

function eventsOf({ kinds, unit, times }: Shape): fc.Arbitrary<Pick<SourceRecord, "value" | "timestampMs">> {
  const good = kinds.map(({ kind, form }) =>
    form === "plain" ? kind.good : fc.oneof({ weight: 3, arbitrary: kind.good }, fc.constantFrom("null", "absent")),
  );
  return fc
    .record({
      id: fc.integer({ min: 0, max: 8 }),
      values: fc.tuple(...good),
      spoilt: fc.option(fc.tuple(fc.nat({ max: kinds.length + 1 }), odd), { freq: 4 }),
      timeMs: fc
        .oneof(
          fc.integer({ min: 0, max: 60 }).map((seconds) => seconds * 1_000),
          fc.integer({ min: 0, max: 60_000 }),
        )
        .map((ms) => START_MS + ms),
      space: fc.constantFrom("", "", " ", "\n\t"),
    })
    .chain(({ id, values, spoilt, timeMs, space }) =>
      withTimestamp(timeMs, times.maxFutureSkewMs).map((timestampMs) => {
        const fields = [["id", JSON.stringify(`id-${id}`)], ...values.map((one, at) => [`f${at}`, one])];
        fields.push(["at", TIMES[unit].write(timeMs)]);
        if (spoilt !== null) (fields[spoilt[0]] as string[])[1] = spoilt[1];
        const members = fields
          .filter(([, one]) => one !== "absent")
          .map(([name, one]) => `${JSON.stringify(name)}${space}:${space}${one}`);
        return { timestampMs, value: utf8(`${space}{${members.join(`${space},`)}}${space}`) };
      }),
    );
}

const oddRecords = fc
  .oneof(
    fc.constantFrom<Uint8Array | null>(null, ...ODD_BYTES, new Uint8Array(65_537).fill(32)),
    fc.constantFrom(...ODD_WHOLE).map(utf8),
  )
  .map((value) => ({ value, timestampMs: START_MS }));

const sample = <T>(arbitrary: fc.Arbitrary<T>, numRuns: number, seed: number): T[] =>
  fc.sample(arbitrary, { numRuns, seed });

/** All vectors: the same at each call. */
export function makeVectors(): readonly Vector[] {
  const generated = sample(shapes, 24, SEED).map((shape, at) => {
    const seed = SEED + at + 1;
    const events = sample(fc.oneof({ weight: 12, arbitrary: eventsOf(shape) }, oddRecords), 40, seed);
    return vectorOf(`generated_${at}`, pipelineOf(`generated_${at}`, shape), events);
  });
  const stream = createStream({ scenario: presets.dirty, seed: 11, startMs: START_MS });
  const dirty = Array.from({ length: 300 }, (_, at) => stream.at(at));
  return [vectorOf("flagship", withTimes(socmed, { watermarkDelayMs: 2_000 }), dirty), ...generated];
}

function vectorOf(
  name: string,
  pipeline: Pipeline,
  events: readonly Pick<SourceRecord, "value" | "timestampMs">[],
): Vector {
  const processor = createPartitionProcessor(pipeline, {
    partition: PARTITION,
    epoch: 1,
    startOffset: 0,
    nextOffset: 0,
    watermarkMs: -Infinity,
    maxEventTimeMs: -Infinity,
    ledger: EMPTY_LEDGER,
    windows: [],
    ids: [],
  });
  const { definitionText: _text, sql, ...described } = describeJob(pipeline);
  const job: VectorJob = { ...described, sql: { raw: sql.raw, late: sql.late, rejected: sql.rejected } };
  // Each tenth offset holds no record.
  const records = events.map(({ value, timestampMs }, at): SourceRecord => ({
    offset: at + Math.floor(at / 10),
    timestampMs,
    key: at % 3 === 0 ? null : utf8(`key-${at}`),
    value,
  }));
  const encoders = {
    raw: createCopyEncoder(pipeline.tables.raw, { timeUnits: { [pipeline.data.time.field]: pipeline.data.time.unit } }),
    late: createCopyEncoder(pipeline.tables.late, {
      timeUnits: { [pipeline.data.time.field]: pipeline.data.time.unit },
    }),
    rejected: createCopyEncoder(pipeline.tables.rejected),
  };
  const batches: Vector["batches"][number][] = [];
  const checkpoints: VectorCheckpoint[] = [];
  const size = Math.ceil(records.length / 4);
  for (let at = 0; at < records.length; at += size) {
    const part = records.slice(at, at + size);
    const from = processor.nextOffset;
    const nextOffset = (records[at + size]?.offset ?? (part.at(-1) as SourceRecord).offset + 3) as number;
    const skipped = nextOffset - from - part.length;
    const rows = processor.process({ records: part, nextOffset, skipped, lost: 0, logEndOffset: nextOffset });
    batches.push({ records: part.map(describeRecord), nextOffset });
    const digest = (table: keyof typeof encoders, given: readonly object[]) => {
      if (given.length === 0) return null;
      const copy = encoders[table].open({ topic: TOPIC, partition: PARTITION });
      copy.append(given);
      const hash = createHash("sha256");
      for (const chunk of copy.end()) hash.update(chunk);
      return hash.digest("hex");
    };
    checkpoints.push({
      ...describeCheckpoint(processor.checkpoint()),
      copies: {
        raw: digest("raw", rows.rows),
        late: digest("late", rows.late),
        rejected: digest("rejected", rows.rejected),
      },
      rejected: rows.rejected.map(({ offset, reason, field, expected, received }) => [
        offset,
        reason,
        field,
        expected,
        received,
      ]),
    });
  }
  return { name, job, batches, checkpoints };
}

const base64 = (bytes: Uint8Array | null) => bytes && Buffer.from(bytes).toString("base64");

const describeRecord = ({ offset, timestampMs, key, value }: SourceRecord): VectorRecord => ({
  offset,
  timestampMs,
  key: base64(key),
  value: base64(value),
});

const finite = (value: number) => (Number.isFinite(value) ? value : null);

function describeCheckpoint(checkpoint: Checkpoint): Pick<VectorCheckpoint, "head" | "changed" | "added"> {
  const { nextOffset, lastRecord, watermarkMs, maxEventTimeMs, ledger, changed, added = [] } = checkpoint;
  return {
    head: {
      nextOffset,
      lastRecord: lastRecord && { ...lastRecord, digest: lastRecord.digest },
      watermarkMs: finite(watermarkMs),
      maxEventTimeMs: finite(maxEventTimeMs),
      ledger,
    },
    changed: changed.map(({ rows }) =>
      rows.map((row) => [row.windowStartMs, ...row.keys, ...Array.from(row.values, finite)]),
    ),
    added: added.map(({ rows }) => rows.map((row) => [finite(row.windowStartMs), ...row.keys, row.count])),
  };
}
