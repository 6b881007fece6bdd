import type { Timed } from "@tidemark/scenario/oracle";
import type { VerifiedDefinition } from "./definition.js";
import type { Findings, What } from "./findings.js";
import type { RetentionBoundary } from "./retention.js";
import { arrayText, type Snapshot } from "./snapshot.js";
import { compareIds } from "./id-comparison.js";
import { storedId } from "./stored-id.js";
import { quote, type PipelineTables } from "./stored-table.js";

/**
 * Ids that are unique over all partitions of a topic. Which copy of an event was counted depends on the order of commits, which the
 * log does not hold: the table of copies says which records were not. Everything else is proven given that.
 *
 * - A record may be a copy only if it would be counted by its own partition's log.
 * - Each copy has a counted event with its id in another partition, whose base window was open at the copy's own watermark.
 * - Of two events with one id that are counted in two partitions, the id of one was free at the watermark of the other.
 * - The table of ids holds each id of a counted event that was not forgotten, and no other.
 */
export interface TopicIdCheck {
  /** Reads the copies of a partition. */
  open(partition: number): Promise<PartitionIdCheck>;
  /** Compares what only all partitions together tell. Resolves to how many rows of which table were compared. */
  finish(findings: Findings): Promise<Readonly<Record<string, number>>>;
}

export interface PartitionIdCheck {
  /** Whether the event, which its partition alone would count, is a copy. */
  isCopy(offset: number, event: Timed, watermarkMs: number): boolean;
  /** The event is counted. */
  count(offset: number, event: Timed, watermarkMs: number): void;
  /** Adds a difference for each row of the table that is no copy's. */
  finish(findings: Findings): void;
}

export interface TopicIdContext {
  readonly snapshot: Snapshot;
  readonly pipeline: string;
  readonly topic: string;
  readonly definition: VerifiedDefinition;
  readonly tables: PipelineTables;
  readonly retention: ReadonlyMap<string, RetentionBoundary>;
}

/** An event with an id, and the watermark before it. */
interface Judged {
  readonly partition: number;
  readonly offset: number;
  readonly id: string;
  readonly watermarkMs: number;
}

interface Counted extends Judged {
  /** The watermark from which the id is free. */
  readonly untilMs: number;
}

const IDS_PER_QUERY = 20_000;

/** Undefined where ids are unique in each partition alone. */
export async function createTopicIdCheck(context: TopicIdContext): Promise<TopicIdCheck | undefined> {
  const { snapshot, topic, definition, tables, retention } = context;
  const { id } = definition;
  if (id === null || tables.topicIds === undefined) return undefined;
  const { copies } = tables.topicIds;
  const sizeMs = definition.rollups[0]?.window.sizeMs ?? 1;
  const untilOf = (timeMs: number) => Math.floor(timeMs / sizeMs) * sizeMs + sizeMs + definition.allowedLatenessMs;
  const idColumn = quote(definition.tables.columns[id]?.name ?? id);
  const timeColumn = quote(definition.tables.columns[definition.time.field]?.name ?? definition.time.field);
  const repeated = await readRepeated();
  const counted = new Map<string, Counted[]>();
  const copied: Judged[] = [];

  /** Ids that have rows in several partitions. */
  async function readRepeated(): Promise<ReadonlySet<string>> {
    const rows = await snapshot
      .unsafe(
        `SELECT ${idColumn}::text FROM ${tables.raw.sql} WHERE topic = $1 GROUP BY ${idColumn} HAVING min(partition) <> max(partition)`,
        [topic],
      )
      .values();
    return new Set(rows.map(([text]) => String(text)));
  }

  /** Counted events with these ids, by id. */
  async function readCounted(ids: readonly string[]) {
    const type = definition.tables.columns[id ?? ""]?.type ?? "text";
    const rows = await snapshot
      .unsafe(
        `SELECT ${idColumn}::text, partition, floor(extract(epoch FROM ${timeColumn}) * 1000)::float8
         FROM ${tables.raw.sql} WHERE topic = $1 AND ${idColumn} = ANY ($2::text[]::${type}[])`,
        [topic, arrayText(ids)],
      )
      .values();
    const found = new Map<string, { readonly partition: number; readonly untilMs: number }[]>();
    for (const [text, partition, timeMs] of rows) {
      const known = found.get(String(text)) ?? [];
      found.set(String(text), known);
      known.push({ partition: Number(partition), untilMs: untilOf(Number(timeMs)) });
    }
    return found;
  }

  /** A copy without the event that it is one of is counted nowhere. */
  async function compareCopies(findings: Findings): Promise<void> {
    const boundary = retention.get(tables.raw.name);
    for (let at = 0; at < copied.length; at += IDS_PER_QUERY) {
      const some = copied.slice(at, at + IDS_PER_QUERY);
      const found = await readCounted(some.map((one) => one.id));
      for (const one of some) {
        const others = found.get(one.id) ?? [];
        if (others.some(({ partition, untilMs }) => partition !== one.partition && untilMs > one.watermarkMs)) continue;
        // Retention may have dropped it.
        if (boundary !== undefined && one.watermarkMs < untilOf(boundary.completeFromMs - 1)) continue;
        add(findings, "missing-row", tables.raw.name, one, {
          expected: `a row of another partition with the id ${one.id}, whose window was open at ${one.watermarkMs}`,
          found: "no row",
        });
      }
    }
  }

  function compareCounted(findings: Findings): void {
    for (const events of counted.values()) {
      for (const [at, one] of events.entries()) {
        const other = events.slice(0, at).find((before) => before.partition !== one.partition && !isFree(before, one));
        if (other === undefined) continue;
        add(findings, "counted-twice", tables.raw.name, one, {
          expected: `a copy of offset ${other.offset} in partition ${other.partition}, which has the id ${one.id} too, or the other way round`,
          found: "both are counted",
        });
      }
    }
  }

  return {
    async open(partition) {
      const stored = new Map<number, string>();
      const doubled: number[] = [];
      const rows = await snapshot
        .unsafe(`SELECT "offset"::float8, id::text FROM ${copies.sql} WHERE topic = $1 AND partition = $2`, [
          topic,
          partition,
        ])
        .values();
      for (const [offset, text] of rows) {
        if (stored.has(Number(offset))) doubled.push(Number(offset));
        stored.set(Number(offset), String(text));
      }
      const used = new Set<number>();
      const wrong: { readonly offset: number; readonly id: string }[] = [];
      return {
        isCopy(offset, { row }, watermarkMs) {
          const text = stored.get(offset);
          if (text === undefined) return false;
          const own = { partition, offset, id: String(row[id]), watermarkMs };
          used.add(offset);
          if (text !== storedId(own.id)) wrong.push({ offset, id: storedId(own.id) });
          copied.push(own);
          return true;
        },
        count(offset, { row, timeMs }, watermarkMs) {
          const text = String(row[id]);
          if (!repeated.has(text)) return;
          const events = counted.get(text) ?? [];
          counted.set(text, events);
          events.push({ partition, offset, id: text, watermarkMs, untilMs: untilOf(timeMs) });
        },
        finish(findings) {
          const place = (offset: number) => ({ partition, offset });
          for (const { offset, id: expected } of wrong) {
            const found = stored.get(offset) ?? "";
            add(findings, "wrong-value", copies.name, place(offset), { expected, found }, "id");
          }
          for (const offset of doubled)
            add(findings, "repeated-row", copies.name, place(offset), { expected: "one row", found: "another one" });
          for (const [offset, text] of stored) {
            if (used.has(offset)) continue;
            const found = `a copy with the id ${text}`;
            add(findings, "unexpected-row", copies.name, place(offset), { expected: "no row", found });
          }
        },
      };
    },
    async finish(findings) {
      compareCounted(findings);
      await compareCopies(findings);
      const ids = await compareIds({ ...context, idColumn, timeColumn, sizeMs }, findings);
      return { [copies.name]: copied.length, ...ids };
    },
  };
}

/** Whether one of the two was counted when the id of the other was free again. */
function isFree(one: Counted, other: Counted): boolean {
  return one.untilMs <= other.watermarkMs || other.untilMs <= one.watermarkMs;
}

function add(
  findings: Findings,
  what: What,
  table: string,
  { partition, offset }: { readonly partition: number; readonly offset: number },
  { expected, found }: { readonly expected: string; readonly found: string },
  column: string | null = null,
): void {
  findings.add({ link: "log-tables", what, table, column }, () => ({
    partition,
    where: `offset ${offset}`,
    expected,
    found,
  }));
}

/** How many ids have counted events in several partitions, where they are unique in each alone. */
export async function countShared({
  snapshot,
  topic,
  definition,
  tables,
}: Omit<TopicIdContext, "retention" | "pipeline">): Promise<number> {
  const { id } = definition;
  if (id === null) return 0;
  const column = quote(definition.tables.columns[id]?.name ?? id);
  const rows = await snapshot
    .unsafe(
      `SELECT count(*)::float8 FROM (SELECT FROM ${tables.raw.sql} WHERE topic = $1
         GROUP BY ${column} HAVING min(partition) <> max(partition)) AS shared`,
      [topic],
    )
    .values();
  return Number(rows[0]?.[0] ?? 0);
}
