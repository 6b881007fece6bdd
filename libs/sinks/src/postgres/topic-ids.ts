import { getTableColumns, getTableName } from "drizzle-orm";
import { escapeLiteral, type ClientBase } from "pg";
import type { TakenId } from "../checkpoint.js";
import { idKey, idKeySql } from "../ids/id-key.js";
import type { CountedIds, IdEntry } from "../ids/counted-ids.js";
import { qualifiedName, quoteIdentifier, schemaOf } from "../identifiers.js";
import type { SinkTables } from "../sink-tables.js";
import { IDS_LOCK } from "./advisory-locks.js";
import { numberArray, textArray } from "./array-literal.js";
import type { Statement } from "./flight.js";
import { createIdForgetting, type IdForgetting } from "./id-forgetting.js";

/** Where ids are unique over all partitions: how they are looked up, taken, forgotten and restored. */
export interface TopicIds {
  /** The statement whose rows are those of the ids that other partitions have taken. */
  findStatement(partition: number, ids: readonly (string | null)[]): string;
  /** Whether an INSERT of ids met one that is there: another partition's, or an old one of which nobody needs to know any more. */
  isConflict(error: unknown): boolean;
  /** Those of the checkpoint that another partition has counted, and that are not free again for this one. */
  findTaken(client: ClientBase, partition: number, ids: CountedIds): Promise<readonly TakenId[]>;
  /** Deletes the entries whose place the checkpoint's ids take: those that are free for this partition, or its own. */
  release(partition: number, ids: CountedIds): Statement;
  /**
   * Within the claim of a partition. If ids were forgotten that are not free at its watermark, because the partition is new, or is read
   * again, they are put back from the raw rows.
   */
  restore(client: ClientBase, watermarkMs: number): Promise<void>;
  readonly forgetting: IdForgetting;
}

const UNIQUE_VIOLATION = "23505";

/** An id that another partition has counted: its place in the list that was looked up, and until which watermark it is taken. */
export interface TakenPlace {
  readonly place: number;
  readonly until: number;
}

export interface TopicIdsPlace {
  readonly pipeline: string;
  readonly topic: string;
  readonly allowedLatenessMs: number;
}

/** Undefined where ids are unique in each partition alone. */
export function createTopicIds(
  tables: SinkTables,
  { pipeline, topic, allowedLatenessMs }: TopicIdsPlace,
): TopicIds | undefined {
  const { topicIds, raw } = tables;
  if (topicIds === undefined) return undefined;
  const windowMs = tables.rollups[0]?.definition.window.sizeMs;
  if (raw.time === undefined || raw.id === undefined || windowMs === undefined)
    throw new Error(
      "Ids are unique over all partitions where the raw table has an id and a time, and there is a rollup.",
    );
  const { ids } = topicIds;
  const idType = getTableColumns(ids)["id"]?.getSQLType() ?? "text";
  const name = qualifiedName(ids);
  const rawColumns = getTableColumns(raw.table);
  const column = (property: string) => quoteIdentifier(rawColumns[property]?.name ?? property);
  const place = [pipeline, topic];
  const lockKeys = `${IDS_LOCK}, hashtext($1 || ' ' || $2)`;

  const rawId = idType === "uuid" ? `${column(raw.id)}::text::uuid` : idKeySql(`${column(raw.id)}::text`);
  const rawMs = `floor(extract(epoch FROM ${column(raw.time)}) * 1000)::int8`;
  // `%` has the sign of what is divided: times before 1970 are negative.
  const liveUntil = `ms - ((ms % ${windowMs}) + ${windowMs}) % ${windowMs} + ${windowMs + allowedLatenessMs}`;
  // An entry that is there lives longest: one that takes the place of another lives longer than that.
  const restoreStatement = `INSERT INTO ${name} (topic, id, partition, live_until)
    SELECT DISTINCT ON (id) $1, id, partition, until FROM (
      SELECT ${rawId} AS id, ${column("partition")} AS partition, ${liveUntil} AS until
      FROM (SELECT *, ${rawMs} AS ms FROM ${qualifiedName(raw.table)} WHERE ${column("topic")} = $1) AS timed
    ) AS counted WHERE until > $2::float8 ORDER BY id, until DESC
    ON CONFLICT DO NOTHING`;

  // With LIMIT the planner looks up each id by the primary key. As a join it would rather read the whole table, again and again.
  const entryOf = (topicSql: string) => `LATERAL (
    SELECT e.ctid, e.partition, e.live_until FROM ${name} e WHERE e.id = s.id AND e.topic = ${topicSql} LIMIT 1) AS t`;

  return {
    findStatement: (partition, searched) =>
      `SELECT (s.at - 1)::int4 AS place, t.live_until AS until
       FROM unnest(${escapeLiteral(textArray(searched, keyOf))}::${idType}[]) WITH ORDINALITY AS s (id, at),
         ${entryOf(escapeLiteral(topic))} WHERE t.partition <> ${partition}`,

    isConflict: (error) =>
      error instanceof Error &&
      "code" in error &&
      error.code === UNIQUE_VIOLATION &&
      "table" in error &&
      error.table === getTableName(ids) &&
      "schema" in error &&
      error.schema === schemaOf(ids),

    async findTaken(client, partition, counted) {
      const entries = counted.sorted();
      const { rows } = await client.query<[number, number]>({
        text: `SELECT (s.at - 1)::int4, t.live_until
          FROM unnest($2::${idType}[], $3::float8[]) WITH ORDINALITY AS s (id, watermark, at), ${entryOf("$1")}
          WHERE t.partition <> $4 AND t.live_until > s.watermark`,
        values: [topic, keysOf(entries), watermarksOf(entries), partition],
        rowMode: "array",
      });
      return rows.flatMap(([at, liveUntilMs]) => {
        const entry = entries[at];
        return entry === undefined ? [] : [{ offset: entry.offset, liveUntilMs }];
      });
    },

    release(partition, counted) {
      const entries = counted.sorted();
      return {
        text: `DELETE FROM ${name} WHERE ctid = ANY (ARRAY(
          SELECT t.ctid FROM unnest($2::${idType}[], $3::float8[]) AS s (id, watermark), ${entryOf("$1")}
          WHERE t.partition = $4 OR t.live_until <= s.watermark))`,
        values: [topic, keysOf(entries), watermarksOf(entries), String(partition)],
      };
    },

    async restore(client, watermarkMs) {
      const isMissing = async () => {
        const { rows } = await client.query<{ until: number }>(
          "SELECT until FROM tidemark.forgotten_ids WHERE pipeline = $1 AND topic = $2",
          place,
        );
        return rows[0] !== undefined && rows[0].until > watermarkMs;
      };
      // Until its row is committed, a partition that is claimed for the first time holds back nothing: who forgets does not see it.
      if (watermarkMs === -Infinity) await client.query(`SELECT pg_advisory_xact_lock_shared(${lockKeys})`, place);
      if (!(await isMissing())) return;
      await client.query(`SELECT pg_advisory_xact_lock(${lockKeys})`, place);
      if (!(await isMissing())) return;
      await client.query(restoreStatement, [topic, watermarkMs]);
      await (watermarkMs === -Infinity
        ? client.query("DELETE FROM tidemark.forgotten_ids WHERE pipeline = $1 AND topic = $2", place)
        : client.query("UPDATE tidemark.forgotten_ids SET until = $3 WHERE pipeline = $1 AND topic = $2", [
            ...place,
            watermarkMs,
          ]));
    },

    forgetting: createIdForgetting(name, place, lockKeys),
  };
}

const keyOf = (id: string | null) => (id === null ? null : idKey(id));
const keysOf = (entries: readonly IdEntry[]) => textArray(entries, ({ key }) => key);
const watermarksOf = (entries: readonly IdEntry[]) => numberArray(entries, ({ watermarkMs }) => watermarkMs);
