import type { MemoryStore } from "@tidemark/sinks/memory";
import { checkpoints } from "@tidemark/sinks/tables";
import {
  socmed1h,
  socmed1m,
  socmed5s,
  socmedLate,
  socmedRejected,
  socmedUserSales,
  socmedVerdicts1h,
  socmedVerdicts1m,
} from "@tidemark/socmed/tables";
import {
  checkpointText,
  copyText,
  lateText,
  rawText,
  rejectedText,
  verdictText,
  windowText,
  type ExpectedPartition,
  type ExpectedTables,
  type Identified,
  type PartitionTables,
} from "./expected-tables.js";

type Table = Parameters<MemoryStore["rows"]>[0];

interface Copy {
  readonly partition: number;
  readonly offset: number;
  readonly id: string;
}

/** Something that must never be. */
export class Violation extends Error {
  override readonly name = "Violation";
}

/** Looks at the store after each step that may have changed it. */
export class Invariants {
  readonly #store: MemoryStore;
  readonly #expected: ExpectedTables;
  readonly #texts = new WeakMap<object, string>();
  readonly #seen = new Map<number, { readonly epoch: number; readonly nextOffset: number }>();

  readonly #copies: Table | undefined;

  /** `copies`: the table of records that were duplicates of another partition's event, if there is one. */
  constructor(store: MemoryStore, expected: ExpectedTables, copies?: Table) {
    this.#store = store;
    this.#expected = expected;
    this.#copies = copies;
  }

  nextOffset(partition: number): number | undefined {
    return this.#seen.get(partition)?.nextOffset;
  }

  /** The checkpoint row as it stands: another object after each change. */
  head(partition: number): object | undefined {
    return this.#store.rows(checkpoints).find((row) => row.partition === partition);
  }

  /** Notes where the partitions stand. Throws Violation where a position or an epoch falls. */
  observe(): void {
    for (const { partition, epoch, nextOffset } of this.#store.rows(checkpoints)) {
      const before = this.#seen.get(partition);
      if (before !== undefined && epoch < before.epoch) throw new Violation(`the epoch of ${partition} fell`);
      if (before !== undefined && nextOffset < before.nextOffset) throw new Violation(`${partition} went back`);
      this.#seen.set(partition, { epoch, nextOffset });
    }
  }

  /** Throws Violation where a table is not what the log below the position makes of it. */
  compare(partition: number): void {
    const nextOffset = this.nextOffset(partition);
    if (nextOffset === undefined) return;
    compareTables(partition, this.#read(partition), this.#expectedOf(partition, nextOffset));
    if (this.#copies !== undefined) this.#compareIds();
  }

  #expectedOf(partition: number, nextOffset: number): ExpectedPartition {
    return this.#expected(partition, nextOffset, new Set(this.#copiesOf(partition).map(({ offset }) => offset)));
  }

  #copiesOf(partition: number): readonly Copy[] {
    const rows = this.#copies === undefined ? [] : (this.#store.rows(this.#copies) as unknown as readonly Copy[]);
    return rows.filter((row) => row.partition === partition);
  }

  /** Of all copies of an event exactly one is counted. */
  #compareIds(): void {
    const partitions = [...this.#seen].map(([partition, { nextOffset }]) => ({
      partition,
      ...this.#expectedOf(partition, nextOffset),
    }));
    const all = partitions.flatMap(({ partition, counted }) => counted.map((one) => ({ ...one, partition })));
    for (const { partition, counted, copied } of partitions) {
      const others = all.filter((one) => one.partition !== partition);
      for (const { id, offset, watermarkMs } of copied) {
        if (others.some((one) => one.id === id && one.untilMs > watermarkMs)) continue;
        throw new Violation(`the copy at ${offset} of ${partition} is counted nowhere`);
      }
      for (const { id, offset, watermarkMs, untilMs } of counted) {
        const isTwice = ({ id: other, watermarkMs: otherMs, untilMs: otherUntilMs }: Identified) =>
          other === id && otherUntilMs > watermarkMs && untilMs > otherMs;
        if (others.some(isTwice)) throw new Violation(`the event at ${offset} of ${partition} is counted twice`);
      }
    }
  }

  #read(partition: number): PartitionTables {
    const texts = <Row extends { readonly partition: number }>(rows: readonly Row[], textOf: (row: Row) => string) =>
      rows.filter((row) => row.partition === partition).map((row) => this.#remember(row, textOf));
    const store = this.#store;
    const windows = rollupTexts.flatMap(({ table, textOf }) => texts(store.rows(table), textOf));
    const verdicts = tallyTexts.flatMap(({ table, textOf }) => texts(store.rows(table), textOf));
    return {
      raw: texts(store.rows(socmedUserSales), rawText),
      late: texts(store.rows(socmedLate), lateText),
      rejected: texts(store.rows(socmedRejected), rejectedText),
      windows: windows.toSorted(),
      verdicts: verdicts.toSorted(),
      checkpoint: texts(store.rows(checkpoints), checkpointText).join(),
      copies: this.#copiesOf(partition).map((row) => copyText({ ...row })),
    };
  }

  /** A row that stays the same object has not changed. */
  #remember<Row extends object>(row: Row, textOf: (row: Row) => string): string {
    const text = this.#texts.get(row) ?? textOf(row);
    this.#texts.set(row, text);
    return text;
  }
}

const rollupTexts = Object.entries({ socmed_5s: socmed5s, socmed_1m: socmed1m, socmed_1h: socmed1h }).map(
  ([name, table]) => ({ table, textOf: (row: typeof table.$inferSelect) => windowText(name, row) }),
);

const tallyTexts = Object.entries({ socmed_verdicts_1m: socmedVerdicts1m, socmed_verdicts_1h: socmedVerdicts1h }).map(
  ([name, table]) => ({
    table,
    textOf: (row: typeof table.$inferSelect) => `${verdictText(name, row)} ${row.records}`,
  }),
);

function compareTables(partition: number, actual: PartitionTables, expected: PartitionTables): void {
  for (const name of ["raw", "late", "rejected", "copies", "windows", "verdicts"] as const) {
    const [found, wanted] = [actual[name], expected[name]];
    const longer = found.length > wanted.length ? found : wanted;
    const at = longer.findIndex((_, index) => found[index] !== wanted[index]);
    if (at < 0) continue;
    const what = `row ${at} of ${found.length} is ${found[at] ?? "missing"}, not ${wanted[at] ?? "nothing"}`;
    throw new Violation(`${name} rows of ${partition}: ${what}`);
  }
  if (actual.checkpoint !== expected.checkpoint) {
    throw new Violation(`checkpoint of ${partition}: ${actual.checkpoint}, not ${expected.checkpoint}`);
  }
}
