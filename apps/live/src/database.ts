import { setTimeout as sleep } from "node:timers/promises";
import { expandMacros, readRows, type Panel, type Variable, type View } from "@tidemark/panels";
import {
  pipelineHealth as health,
  pipelineProgress as progress,
  socmed1m,
  socmed5s,
  socmedVerdicts1m,
} from "@tidemark/sinks/tables";
import { eq, getTableName, max, min, sql, type SQL } from "drizzle-orm";
import { getViewConfig, PgDialect } from "drizzle-orm/pg-core";
import { isUnavailable } from "@tidemark/sinks";
import postgres, { type TransactionSql } from "postgres";
import { z } from "zod";
import { noAnswer } from "./errors.js";
import type { Range, ShownRow } from "./protocol.js";
import { resolveRange, type TimeRange } from "./time-range.js";

/** How far the tables have come. */
export interface State {
  /** By Postgres's clock, epoch ms. */
  readonly nowMs: number;
  /** Another one after each commit. */
  readonly version: string;
  /** When Postgres took the newest checkpoint, epoch ms. */
  readonly committedMs: number | null;
  readonly newestEventMs: number | null;
  /** The lowest watermark, epoch ms, and the partitions that hold it. */
  readonly watermarkMs: number | null;
  readonly heldBy: readonly number[];
}

/** Rows of several panels, all as of one commit. */
export interface Reading {
  readonly state: State;
  readonly time: TimeRange;
  /** By the panels' ids. */
  readonly rows: ReadonlyMap<string, readonly ShownRow[]>;
  /** What there is to choose from, by the variables' names. */
  readonly names: ReadonlyMap<string, readonly string[]>;
}

/** What is read, over a time range. */
export interface Question {
  readonly range: Range;
  readonly panels: readonly Panel[];
  /** Those whose lists of names are read too. */
  readonly lists: readonly Variable[];
  readonly chosen: Omit<View["variables"], "topic">;
}

/** Reads what is shown, by one connection that is closed when it has nothing to do for some seconds. */
export interface Database {
  readState(): Promise<State>;
  read(question: Question): Promise<Reading>;
  close(): Promise<void>;
}

/** A statement may take so long; all of one reading, and finding that nobody answers, takes twice as long. In ms. */
const patienceMs = 5_000;
const idleSeconds = 5;

const dialect = new PgDialect();
const epochMs = (time: SQL): SQL => sql`ceil(extract(epoch from ${time}) * 1000)::float8`;

const stateOf = (topic: string): SQL => sql`select
  ${epochMs(sql`clock_timestamp()`)} as "nowMs",
  concat(sum(${health.nextOffset}), ' ', max(${health.updatedAt})) as version,
  ${epochMs(sql`${max(health.updatedAt)}`)} as "committedMs",
  ${epochMs(sql`${max(health.maxEventTime)}`)} as "newestEventMs",
  ${epochMs(sql`${min(health.watermark)}`)} as "watermarkMs",
  coalesce(json_agg(${health.partition} order by ${health.partition}) filter (where ${health.holdsWatermark}), '[]') as "heldBy"
from ${health}
where ${eq(health.topic, topic)}`;

const extentOf = (topic: string): SQL => sql`select
  (select ${epochMs(sql`${min(socmed1m.window_start)}`)} from ${socmed1m} where ${eq(socmed1m.topic, topic)}) as "firstMs",
  (select ${epochMs(sql`${min(progress.at)}`)} from ${progress} where ${eq(progress.topic, topic)}) as "observedMs"`;

const tables = [
  ...[socmed1m, socmed5s, socmedVerdicts1m].map(getTableName),
  ...[health, progress].map((view) => getViewConfig(view).name),
];
const clockQuery = `select ceil(extract(epoch from clock_timestamp()) * 1000)::float8 as "nowMs",
  ${tables.map((name) => `to_regclass('${name}') is not null`).join(" and ")} as "hasTables"`;

const ms = z.number().nullable();
const stateSchema = z.object({
  nowMs: z.number(),
  version: z.string(),
  committedMs: ms,
  newestEventMs: ms,
  watermarkMs: ms,
  heldBy: z.array(z.number()),
});
const clockSchema = z.object({ nowMs: z.number(), hasTables: z.boolean() });
const listSchema = z.array(z.object({ name: z.string() }));
const extentSchema = z.object({ firstMs: ms, observedMs: ms });

export function createDatabase(databaseUrl: string, topic: string): Database {
  const connect = () =>
    postgres(databaseUrl, {
      max: 1,
      prepare: false,
      fetch_types: false,
      idle_timeout: idleSeconds,
      connect_timeout: patienceMs / 1000,
      // The caller waits before it tries again.
      backoff: () => 0,
      onnotice: () => undefined,
      connection: {
        application_name: "tidemark-live",
        default_transaction_read_only: true,
        statement_timeout: patienceMs,
        // What the texts of panels and the reading of rows count on, whatever the role's or the database's defaults are.
        standard_conforming_strings: "on",
        TimeZone: "UTC",
        DateStyle: "ISO",
      },
    });
  let client = connect();
  let hasTables = false;
  const stateQuery = dialect.sqlToQuery(stateOf(topic).inlineParams()).sql;
  const extentQuery = dialect.sqlToQuery(extentOf(topic).inlineParams()).sql;

  /** A connection that has gone silent never says more: it is given up for a new one. */
  async function within<T>(answer: Promise<T>, limitMs: number): Promise<T> {
    const asked = client;
    const done = new AbortController();
    const late = sleep(limitMs, undefined, { signal: done.signal }).then(() => {
      if (client === asked) client = connect();
      void asked.end({ timeout: 0 });
      throw noAnswer(limitMs);
    });
    try {
      return await Promise.race([answer, late]);
    } finally {
      done.abort();
      late.catch(() => undefined);
    }
  }

  async function readAll(transaction: TransactionSql, question: Question): Promise<Reading> {
    const [[stateRow], [extentRow]] = await Promise.all([
      transaction.unsafe(stateQuery),
      transaction.unsafe(extentQuery),
    ]);
    const state = stateSchema.parse(stateRow);
    const { firstMs, observedMs } = extentSchema.parse(extentRow);
    const { nowMs, newestEventMs: newestMs } = state;
    const time = resolveRange(question.range, { nowMs, newestMs, firstMs, observedMs });
    const view = { ...time, variables: { topic, ...question.chosen } };
    const readPanel = async (panel: Panel) => {
      const rows = await transaction.unsafe(expandMacros(panel.sql, view));
      return [panel.id, readRows(panel, rows)] as const;
    };
    const readList = async (variable: Variable) => {
      const rows = await transaction.unsafe(expandMacros(variable.sql, view));
      return [variable.name, listSchema.parse(rows).map(({ name }) => name)] as const;
    };
    const [rows, names] = await Promise.all([
      Promise.all(question.panels.map(readPanel)),
      Promise.all(question.lists.map(readList)),
    ]);
    return { state, time, rows: new Map(rows), names: new Map(names) };
  }

  /** As Postgres would say it where no checkpoint has been written. */
  async function readWithoutTables(): Promise<State & { readonly hasTables: boolean }> {
    const [row] = await within(client.unsafe(clockQuery), patienceMs);
    const nothing = { version: "", committedMs: null, newestEventMs: null, watermarkMs: null, heldBy: [] };
    return { ...nothing, ...clockSchema.parse(row) };
  }

  async function readState(): Promise<State> {
    if (!hasTables) {
      const state = await readWithoutTables();
      hasTables = state.hasTables;
      if (!hasTables) return state;
    }
    const [row] = await within(client.unsafe(stateQuery), patienceMs);
    return stateSchema.parse(row);
  }

  /** Before there are tables, and where somebody drops them, there is nothing to read: no failure. */
  async function orNothing<T>(read: () => Promise<T>, nothing: (state: State) => T): Promise<T> {
    try {
      return await read();
    } catch (error) {
      if (!isMissingTable(error)) throw error;
      hasTables = false;
      return nothing(await readWithoutTables());
    }
  }

  return {
    readState: () => orNothing(readState, (state) => state),
    read: (question) =>
      orNothing(
        () =>
          within(
            client.begin("isolation level repeatable read read only", (transaction) => readAll(transaction, question)),
            2 * patienceMs,
          ),
        (state) => {
          const { nowMs } = state;
          const time = resolveRange(question.range, { nowMs, newestMs: null, firstMs: null, observedMs: null });
          return { state, time, rows: new Map(), names: new Map() };
        },
      ),
    close: () => client.end({ timeout: 1 }),
  };
}

/** Undefined table, undefined schema. */
function isMissingTable(error: unknown): boolean {
  return error instanceof postgres.PostgresError && (error.code === "42P01" || error.code === "3F000");
}

/** Whether Postgres answers, but not this question: it lacks a right, takes too long, or is wrong. */
export function isRefused(error: unknown): boolean {
  return error instanceof postgres.PostgresError && (error.code === "57014" || !isUnavailable(error));
}
