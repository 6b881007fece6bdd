import { setTimeout as sleep } from "node:timers/promises";
import { expandMacros, PanelError, readRows, type Panel, type Variable, type View } from "@tidemark/panels";
import {
  isOfConnectionPhase,
  isUnavailable,
  openTransactions,
  SinkError,
  SNAPSHOT,
  type Transaction,
  type Transactions,
} from "@tidemark/sinks";
import { cityVariable, platformVariable, type SocmedView } from "@tidemark/socmed/panels";
import postgres from "postgres";
import { z } from "zod";
import { noAnswer } from "./errors.js";
import type { Range, ServerEvents, ShownRow } from "./protocol.js";
import {
  emptyState,
  extentSchema,
  extentSql,
  stateSchema,
  stateSql,
  tablesSchema,
  tablesSql,
  type State,
} from "./state.js";
import { resolveRange, type TimeRange } from "./time-range.js";

/** What is read, over a time range. */
export interface Question {
  readonly range: Range;
  readonly panels: readonly Panel[];
  readonly chosen: Omit<SocmedView["variables"], "topic">;
  /** Also reads what changes more slowly: the lists of names, and these panels over the range before. */
  readonly slow: { readonly before: readonly Panel[] } | undefined;
}

type RowsById = ReadonlyMap<string, readonly ShownRow[]>;

/** Rows of several panels, all as of one commit. Where there are no tables yet, there are no rows. */
export interface Reading {
  readonly state: State;
  readonly time: TimeRange;
  readonly rows: RowsById;
  readonly slow: { readonly before: RowsById; readonly names: ServerEvents["names"] } | undefined;
}

/** Reads what is shown, by one connection that is closed when it has nothing to do for some seconds. Rejects with Postgres's errors. */
export interface Database {
  readState(): Promise<State>;
  read(question: Question): Promise<Reading>;
  /** At once: what is being asked rejects. */
  close(): Promise<void>;
}

/** A statement may take so long, and a reading twice as long; then a connection has gone silent, and is given up. In ms. */
const patienceMs = 5_000;
const idleSeconds = 5;

const reading = {
  ...SNAPSHOT,
  limits: { statementTimeoutMs: patienceMs, lockTimeoutMs: patienceMs, idleInTransactionTimeoutMs: 2 * patienceMs },
  settings: {
    // The panels name their tables without a schema.
    search_path: "pg_catalog, public",
    // JIT compilation costs more than even multi-day queries save.
    jit: "off",
  },
};

const listSchema = z.array(z.object({ name: z.string() }));

/** Throws SinkError `invalid-address`. */
export function createDatabase(databaseUrl: string, topic: string): Database {
  const texts = { state: stateSql(topic), extent: extentSql(topic) };
  let client = connect(databaseUrl);
  let hasTables = false;

  async function within<T>(limitMs: number, ask: (asked: Transactions) => Promise<T>): Promise<T> {
    const asked = client;
    const done = new AbortController();
    const late = sleep(limitMs, undefined, { signal: done.signal }).then(() => {
      if (client === asked) client = connect(databaseUrl);
      void asked.end({ timeout: 0 });
      throw noAnswer(limitMs);
    });
    try {
      return await Promise.race([ask(asked), late]);
    } finally {
      done.abort();
      late.catch(() => undefined);
    }
  }

  async function readEmptyState(): Promise<State> {
    const [row] = await within(patienceMs, (asked) => asked.ask(reading, tablesSql));
    const found = tablesSchema.parse(row);
    ({ hasTables } = found);
    return { ...emptyState, nowMs: found.nowMs };
  }

  /** Before there are tables, and when somebody drops them, there is nothing to read: no failure. */
  async function orNothing<T>(read: () => Promise<T>, nothing: (state: State) => T): Promise<T> {
    if (!hasTables) {
      const state = await readEmptyState();
      if (!hasTables) return nothing(state);
    }
    try {
      return await read();
    } catch (error) {
      if (!isMissingTable(error)) throw error;
      return nothing(await readEmptyState());
    }
  }

  async function readState(): Promise<State> {
    const [row] = await within(patienceMs, (asked) => asked.ask(reading, texts.state));
    return stateSchema.parse(row);
  }

  async function readAll(sql: Transaction, { range, panels, chosen, slow }: Question): Promise<Reading> {
    const [[stateRow], [extentRow]] = await Promise.all([sql.unsafe(texts.state), sql.unsafe(texts.extent)]);
    const state = stateSchema.parse(stateRow);
    const { nowMs, newestEventMs: newestMs } = state;
    const extent = extentSchema.parse(extentRow);
    const time = resolveRange(range, { nowMs, newestMs, ...extent });
    const view = { ...time, variables: { topic, ...chosen } };
    const [rows, slowly] = await Promise.all([
      readPanels(sql, panels, view),
      slow && readSlow(sql, slow.before, view, extent.firstMs),
    ]);
    return { state, time, rows, slow: slowly };
  }

  return {
    readState: () => orNothing(readState, (state) => state),
    read: (question) =>
      orNothing(
        () => within(2 * patienceMs, (asked) => asked.run(reading, (transaction) => readAll(transaction, question))),
        (state) => readingOfNothing(question, state),
      ),
    close: () => client.end({ timeout: 0 }),
  };
}

function connect(databaseUrl: string): Transactions {
  return openTransactions(databaseUrl, {
    idle_timeout: idleSeconds,
    connect_timeout: patienceMs / 1000,
    // Whoever asks waits before asking again.
    backoff: () => 0,
    connection: { application_name: "tidemark-live" },
  });
}

async function readPanels(sql: Transaction, panels: readonly Panel[], view: View): Promise<RowsById> {
  const read = async (panel: Panel) => {
    const rows = await sql.unsafe(expandMacros(panel.sql, view));
    return [panel.id, readRows(panel, rows)] as const;
  };
  return new Map(await Promise.all(panels.map(read)));
}

async function readNames(sql: Transaction, variable: Variable, view: View): Promise<readonly string[]> {
  const rows = await sql.unsafe(expandMacros(variable.sql, view));
  return listSchema.parse(rows).map(({ name }) => name);
}

async function readSlow(
  sql: Transaction,
  panels: readonly Panel[],
  view: View,
  firstMs: number | null,
): Promise<Reading["slow"]> {
  const { fromMs, toMs } = view;
  // Both ends belong to a range.
  const viewBefore = { ...view, fromMs: fromMs - (toMs - fromMs), toMs: fromMs - 1 };
  // To be compared with a range in which the stream began would be to be told of a growth that there was not.
  const isWhole = firstMs !== null && firstMs <= viewBefore.fromMs;
  const [before, cities, platforms] = await Promise.all([
    readPanels(sql, isWhole ? panels : [], viewBefore),
    readNames(sql, cityVariable, view),
    readNames(sql, platformVariable, view),
  ]);
  return { before, names: { cities, platforms } };
}

function readingOfNothing({ range }: Question, state: State): Reading {
  const { nowMs } = state;
  const time = resolveRange(range, { nowMs, newestMs: null, firstMs: null, observedMs: null });
  return { state, time, rows: new Map(), slow: { before: new Map(), names: { cities: [], platforms: [] } } };
}

/** Undefined table, undefined schema. */
function isMissingTable(error: unknown): boolean {
  return error instanceof postgres.PostgresError && (error.code === "42P01" || error.code === "3F000");
}

/** Whether no waiting helps: the address, the certificate, the password or the database is wrong. */
export function isHopeless(error: unknown): error is Error {
  const isFinal = error instanceof SinkError || (error instanceof Error && isOfConnectionPhase(error));
  return isFinal && !isUnavailable(error);
}

/** The query takes too long, or fails inside the server: others may succeed. */
const statesOfQuery = new Set(["57014", "XX000"]);

/** Whether Postgres answers, but not this question: it lacks a right, takes too long, or its rows aren't the panel's. */
export function isRefused(error: unknown): boolean {
  if (error instanceof PanelError || error instanceof z.ZodError) return true;
  return error instanceof postgres.PostgresError && (statesOfQuery.has(error.code) || !isUnavailable(error));
}
