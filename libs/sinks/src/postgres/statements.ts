import { getTableColumns, getTableName } from "drizzle-orm";
import type { PgTable } from "drizzle-orm/pg-core";
import { createCopyEncoder, type CopyEncoderOptions } from "../copy/copy-encoder.js";
import { hashDefinition } from "../definition.js";
import { qualifiedName } from "../identifiers.js";
import { sinkTables } from "../sink-pipeline.js";
import { rowOptions } from "../sink-tables.js";
import { countedRollups } from "../state-check.js";
import { mergedSinceSizeMs } from "../tables/merged-partition.js";
import type { DerivedTables } from "../tables/pipeline-tables.js";
import type { PipelineData } from "../tables/pipeline-data.js";
import { FIRST_CLAIM_LOCK } from "./advisory-locks.js";
import { settings } from "./begin.js";
import { CLAIM_SQL, countSql } from "./claim-sql.js";
import { compareAndSet } from "./commit.js";
import { applicationName, defaultLimits } from "./connection.js";
import { idsSql } from "./read-ids.js";
import { createRollupSql } from "./rollup-sql.js";
import { modeText, WRITING } from "./session/settings.js";
import { sessionWaits } from "./sql-states.js";
import { createTallySql } from "./tally-sql.js";
import { createWindowStatement } from "./window-statement.js";

/** A table that rows are copied to. */
export interface CopiedTable {
  /** `COPY … FROM STDIN WITH (FORMAT binary)`. */
  readonly copy: string;
  /** In the order of the COPY's columns. */
  readonly columns: readonly { readonly property: string; readonly type: string }[];
}

function copied(table: PgTable, options: CopyEncoderOptions = {}): CopiedTable {
  const { statement, properties } = createCopyEncoder(table, options);
  const columns = getTableColumns(table);
  return {
    copy: statement,
    columns: properties.map((property) => ({ property, type: columns[property]?.getSQLType() ?? "" })),
  };
}

/**
 * Everything that a program in another language has to send to Postgres to claim partitions of a pipeline, to restore their state
 * and to commit checkpoints, exactly as `createSink` does.
 */
export type SinkStatements = ReturnType<typeof describeStatements>;

/** Throws SinkError `unencodable` for a table whose columns cannot be written. */
export function describeStatements(pipeline: { readonly data: PipelineData; readonly tables: DerivedTables }) {
  const tables = sinkTables(pipeline);
  const options = rowOptions(tables);
  const rollups = tables.rollups.map(({ definition, table }) => createRollupSql(definition, table));
  const tallies = (tables.tallies ?? []).map(({ definition, table }) => createTallySql(definition, table));
  return {
    applicationName,
    limits: defaultLimits,
    firstClaimLock: FIRST_CLAIM_LOCK,
    definitionHash: hashDefinition(pipeline.data),
    /** How long errors of a session are waited for, by the beginning of their SQLSTATE; others never. */
    waits: sessionWaits,
    begin: `BEGIN ${modeText(WRITING)}`,
    settings,
    ...CLAIM_SQL,
    compareAndSet,
    raw: copied(pipeline.tables.raw, options.raw),
    late: copied(pipeline.tables.late, options.late),
    rejected: copied(pipeline.tables.rejected),
    ids: idsSql(tables.raw, { since: "$1", topic: "$2", partition: "$3" }) ?? null,
    makeDays: {
      table: qualifiedName(pipeline.tables.raw),
      sql: "SELECT tidemark.make_day($1, date '1970-01-01' + day) FROM unnest($2::integer[]) AS day",
    },
    rollups: rollups.map(({ name, select, arrays }) => ({ name, select, arrays })),
    tallies: tallies.map(({ name, arrays }) => ({ name, arrays })),
    /** Topic, partition, then the arrays of all rollups and tallies. */
    windows: createWindowStatement(rollups, tallies).text,
    /** What `createStateCheck` compares with the ledger: its parameters are topic, partition, pipeline, and epoch ms. */
    stateCheck: {
      mergedSinceSizeMs: mergedSinceSizeMs(tables.rollups.map(({ definition }) => definition)),
      rollups: countedRollups(tables).map((one) => ({
        name: `${one.name}.${one.column}`,
        table: getTableName(one.table),
        sizeMs: one.sizeMs,
        isShortened: one.isShortened,
        all: countSql(one, undefined),
        since: countSql(one, "$4"),
      })),
    },
  };
}
