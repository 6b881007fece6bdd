import type { CountedId } from "@tidemark/sinks";
import type { PipelineData } from "@tidemark/sinks/tables";
import type { SourceRecord } from "@tidemark/sources";
import type { StepResult } from "@tidemark/windowing";
import type { DatabaseDecision } from "./partition-processor.js";
import { textPropertyOf, timeOf, type EventRow } from "./row-maker.js";

type Rows = readonly (EventRow | null)[];

/** Rows for the tables that make ids unique over all partitions of a topic. */
export interface TopicIdRows {
  /** The id of each row. */
  idsOf(rows: Rows): readonly (string | null)[];
  /** Until which watermark the id of each record is taken; -Infinity: it is free. */
  takenUntil(
    records: readonly SourceRecord[],
    taken: ReadonlyMap<number, number>,
    decisions: ReadonlyMap<number, DatabaseDecision>,
  ): Float64Array;
  /** `others` has the records that were not counted. */
  make(
    rows: Rows,
    result: StepResult,
    others: ReadonlyMap<number, unknown>,
  ): {
    readonly ids: readonly CountedId[];
    readonly copies: readonly { readonly id: string; readonly offset: number }[];
  };
}

/** Undefined where ids are unique in each partition alone. */
export function createTopicIdRows(data: PipelineData): TopicIdRows | undefined {
  const { id, rollups, allowedLatenessMs, tables } = data;
  const [base] = rollups;
  if (tables.topicIds === undefined || id === null || base === undefined) return undefined;
  const property = textPropertyOf(data, id);
  const { sizeMs } = base.window;
  const idOf = (row: EventRow) => row[property] as string;

  return {
    idsOf: (rows) => rows.map((row) => (row === null ? null : idOf(row))),

    takenUntil(records, taken, decisions) {
      const untilMs = new Float64Array(records.length).fill(-Infinity);
      for (const [index, ms] of taken) untilMs[index] = ms;
      if (decisions.size === 0) return untilMs;
      for (const [index, { offset }] of records.entries()) {
        const decision = decisions.get(offset);
        if (decision?.type === "taken") untilMs[index] = Math.max(untilMs[index] as number, decision.untilMs);
      }
      return untilMs;
    },

    make(rows, { copies, watermarksMs }, others) {
      const ids: CountedId[] = [];
      for (const [index, row] of rows.entries()) {
        if (row === null || others.has(index)) continue;
        ids.push({
          id: idOf(row),
          offset: row.offset,
          liveUntilMs: (Math.floor(timeOf(data, row) / sizeMs) + 1) * sizeMs + allowedLatenessMs,
          watermarkMs: watermarksMs?.[index] ?? -Infinity,
        });
      }
      const copied = copies.flatMap((index) => {
        const row = rows[index];
        return row === null || row === undefined ? [] : [{ id: idOf(row), offset: row.offset }];
      });
      return { ids, copies: copied };
    },
  };
}
