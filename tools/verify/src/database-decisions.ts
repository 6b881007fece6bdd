import type { AskDatabase } from "@tidemark/scenario/oracle";
import type { VerifiedDefinition } from "./definition.js";
import type { Findings } from "./findings.js";
import { isExcused, type RetentionBoundary } from "./retention.js";
import { openRowStream } from "./row-stream.js";
import { arrayText, type Snapshot } from "./snapshot.js";
import type { TopicIdCheck } from "./topic-ids.js";
import { quote, type PipelineTables, type RecordTable, type StoredTable } from "./stored-table.js";

/**
 * What constraints of the database decided about the rows of one partition, which the log does not determine.
 *
 * A record is refused where the table of rejected records says so. That Postgres had a reason to refuse it is not checked. With
 * `onConflict: "duplicate"` an event whose row is missing is a duplicate where its id is in the same table at another place,
 * whichever topic or partition that came from, and however long ago: a unique key knows no windows. Without such a row it is
 * missing. A row that retention may have dropped is taken as counted.
 */
export interface DatabaseDecisions {
  readonly ask: AskDatabase;
  /** Adds a difference for each duplicate whose id is nowhere in its table. After the last record. */
  confirm(findings: Findings): Promise<void>;
}

export interface DecisionContext {
  readonly snapshot: Snapshot;
  readonly topic: string;
  readonly definition: VerifiedDefinition;
  readonly tables: PipelineTables;
  readonly retention: ReadonlyMap<string, RetentionBoundary>;
  /** Where ids are unique over all partitions. */
  readonly topicIds: TopicIdCheck | undefined;
}

/** As `readConstraints`; and an event that would be counted may be a copy of another partition's. */
export async function readDecisions(context: DecisionContext, partition: number): Promise<DatabaseDecisions> {
  const constraints = await readConstraints(context, partition);
  const ids = await context.topicIds?.open(partition);
  if (ids === undefined) return constraints;
  return {
    ask(offset, outcome, event, watermarkMs) {
      const mayCount = outcome === "counted" || outcome === "rejected";
      if (mayCount && ids.isCopy(offset, event, watermarkMs)) return "copy";
      const decision = constraints.ask(offset, outcome, event, watermarkMs);
      if (decision === undefined && outcome === "counted") ids.count(offset, event, watermarkMs);
      return decision;
    },
    async confirm(findings) {
      await constraints.confirm(findings);
      ids.finish(findings);
    },
  };
}

async function readConstraints(context: DecisionContext, partition: number): Promise<DatabaseDecisions> {
  const { snapshot, topic, definition, tables, retention } = context;
  const rows = await snapshot
    .unsafe(
      `SELECT "offset"::float8 FROM ${tables.rejected.sql} WHERE topic = $1 AND partition = $2 AND reason = 'refused'`,
      [topic, partition],
    )
    .values();
  const refused = new Set(rows.map(([offset]) => Number(offset)));
  const { id } = definition;
  if (definition.tables.onConflict !== "duplicate" || id === null) {
    return { ask: (offset) => (refused.has(offset) ? "refused" : undefined), confirm: () => Promise.resolve() };
  }
  const isRejecting = definition.rollups.some(({ keyLimit }) => keyLimit?.beyond === "reject");
  const checks = {
    counted: await createConflictCheck(context, tables.raw, partition, id),
    late: await createConflictCheck(context, tables.late, partition, id),
    // A unique key may have decided about an event before a limit of keys came to reject it.
    rejected: isRejecting ? await createConflictCheck(context, tables.rejected, partition, id, tables.raw) : undefined,
  };
  return {
    ask(offset, outcome, { row, timeMs }) {
      if (refused.has(offset)) return "refused";
      const check = outcome === "duplicate" ? undefined : checks[outcome];
      if (check === undefined || check.isStored(offset)) return undefined;
      if (outcome === "counted" && isExcused(retention.get(tables.raw.name), partition, timeMs)) return undefined;
      // Retention drops rejected rows by their watermark, which is not known here: any of them may be gone.
      if (outcome === "rejected" && retention.has(tables.rejected.name)) return undefined;
      check.expect(offset, String(row[id]));
      return "duplicate";
    },
    async confirm(findings) {
      await checks.counted.confirm(findings);
      await checks.late.confirm(findings);
      await checks.rejected?.confirm(findings);
    },
  };
}

/** Events without a row, whose id another row of the table must have, or of the one that would hold them. */
interface ConflictCheck {
  isStored(offset: number): boolean;
  expect(offset: number, id: string): void;
  confirm(findings: Findings): Promise<void>;
}

const idsPerQuery = 1_000;

async function createConflictCheck(
  { snapshot, topic, definition }: DecisionContext,
  { name, sql }: RecordTable,
  partition: number,
  id: string,
  holder: StoredTable = { name, sql },
): Promise<ConflictCheck> {
  const stored = await readOffsets(snapshot, sql, topic, partition);
  const expected: { readonly offset: number; readonly id: string }[] = [];
  const column = definition.tables.columns[id];
  const idColumn = quote(column?.name ?? id);

  return {
    isStored: (offset) => stored.has(offset),
    expect: (offset, text) => void expected.push({ offset, id: text }),
    async confirm(findings) {
      for (let at = 0; at < expected.length; at += idsPerQuery) {
        const some = expected.slice(at, at + idsPerQuery);
        const rows = await snapshot
          .unsafe(
            `SELECT DISTINCT ${idColumn}::text FROM ${holder.sql} WHERE ${idColumn} = ANY ($1::text[]::${column?.type ?? "text"}[])`,
            [arrayText(some.map((one) => one.id))],
          )
          .values();
        const found = new Set(rows.map(([text]) => String(text)));
        for (const one of some) {
          if (found.has(one.id)) continue;
          findings.add({ link: "log-tables", what: "missing-row", table: name, column: null }, () => ({
            partition,
            where: `offset ${one.offset}`,
            expected: `a row of it, or another with the id ${one.id}`,
            found: "no row",
          }));
        }
      }
    },
  };
}

/** One bit for each offset of a partition that has a row. */
async function readOffsets(snapshot: Snapshot, sql: string, topic: string, partition: number) {
  const [bounds] = await snapshot
    .unsafe(`SELECT min("offset")::float8, max("offset")::float8 FROM ${sql} WHERE topic = $1 AND partition = $2`, [
      topic,
      partition,
    ])
    .values();
  const from = Number(bounds?.[0] ?? 0);
  const words = new Uint32Array(Math.ceil((Number(bounds?.[1] ?? -1) - from + 1) / 32));
  const stream = openRowStream(snapshot, `SELECT "offset"::float8 FROM ${sql} WHERE topic = $1 AND partition = $2`, [
    topic,
    partition,
  ]);
  for (let row = await stream.load(); row !== undefined; row = stream.current ?? (await stream.load())) {
    const at = Number(row[0]) - from;
    words[at >>> 5] = (words[at >>> 5] ?? 0) | (1 << (at & 31));
    stream.drop();
  }
  return {
    has(offset: number): boolean {
      const at = offset - from;
      return at >= 0 && ((words[at >>> 5] ?? 0) & (1 << (at & 31))) !== 0;
    },
  };
}
