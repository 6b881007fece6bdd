import type { ClientBase } from "pg";
import { joinRows, splitRows, type CopiedRow } from "../copy/copied-rows.js";
import type { RefusedRow } from "../errors.js";
import { isMissingPartition } from "./availability.js";
import { fly, type Statement } from "./flight.js";
import type { CopyRun } from "./row-buffer.js";

/**
 * One isolation stops after so many tries once it has found a row. The isolation of the next commit, which no longer has the rows that
 * were found, finds others. No clock ends it, so that what it finds does not depend on how busy the machines are.
 */
const MOST_TRIES = 5_000;
const LONGEST_REASON = 1_000;

// data exception, integrity constraint violation, program limit exceeded (as by an index entry), errors raised in PL/pgSQL
const REFUSING_CLASSES = new Set(["22", "23", "54", "P0"]);
// invalid_binary_representation, bad_copy_file_format: the table that was declared is another than the one in the database.
const MISDECLARED = new Set(["22P03", "22P04"]);
const UNIQUE_VIOLATION = "23505";
// The detail of these repeats the whole row: not_null_violation, check_violation.
const WORDY = new Set(["23502", "23514"]);

/** The fields of a Postgres error that are read here. */
interface PostgresError extends Error {
  readonly code: string;
  readonly detail?: string;
  readonly constraint?: string;
}

/** Whether Postgres refuses a row for what it holds: by a constraint, a trigger, a limit or the type of a column. */
export function isRefusal(error: unknown): error is PostgresError {
  if (!(error instanceof Error) || !("severity" in error && "code" in error)) return false;
  const code = String(error.code);
  return REFUSING_CLASSES.has(code.slice(0, 2)) && !MISDECLARED.has(code) && !isMissingPartition(error);
}

/**
 * Finds the rows of the COPYs that Postgres refuses, each with the reason. Begins at the first row, and keeps every row that
 * Postgres takes, so that the first of two rows with one unique key stays. Runs in the transaction that is open on the
 * client, which must be rolled back afterwards. Rejects with any other error of Postgres.
 *
 * Deferred constraints are checked only where no row is refused otherwise. They are checked at once then, so that a row
 * that refers to a later row of the same COPY may be refused.
 */
export async function isolateRefused(client: ClientBase, copies: readonly CopyRun[]): Promise<readonly RefusedRow[]> {
  await fly(client, [{ text: "SAVEPOINT isolation" }]);
  const refused = await findAll(client, copies);
  if (refused.length > 0) return refused;
  await fly(client, [{ text: "ROLLBACK TO isolation" }, { text: "SET CONSTRAINTS ALL IMMEDIATE" }]);
  return findAll(client, copies);
}

async function findAll(client: ClientBase, copies: readonly CopyRun[]): Promise<RefusedRow[]> {
  await fly(client, [savepoint]);
  const found: Found = { refused: [], tries: 0 };
  for (const { statement, chunks, offsetAt } of copies) {
    if (offsetAt === undefined) continue;
    const copy = createTrial(client, statement);
    // A table that refuses no rows at all refuses for a reason of its own.
    if ((await copy([])) !== undefined) continue;
    await findRefused(splitRows(chunks, offsetAt), copy, found);
  }
  return found.refused;
}

/** What an isolation has come to. */
interface Found {
  readonly refused: RefusedRow[];
  tries: number;
}

const savepoint: Statement = { name: "tidemark-savepoint", text: "SAVEPOINT tried" };
const release: Statement = { name: "tidemark-release", text: "RELEASE tried" };
const undo: Statement = { name: "tidemark-undo", text: "ROLLBACK TO tried" };

/** Copies the rows, and resolves to why Postgres refuses them: undefined where it has taken them. */
type Trial = (rows: readonly CopiedRow[]) => Promise<PostgresError | undefined>;

function createTrial(client: ClientBase, statement: string): Trial {
  return async (rows) => {
    try {
      // Also at first, where there is nothing to undo: each trial takes one round trip.
      await fly(client, [undo, { text: statement, copied: joinRows(rows) }, release, savepoint]);
      return undefined;
    } catch (error) {
      if (!isRefusal(error)) throw error;
      return error;
    }
  };
}

/** Tries runs of rows in their order: half as many after a refusal, twice as many after a success. */
async function findRefused(rows: readonly CopiedRow[], copy: Trial, found: Found): Promise<void> {
  let at = 0;
  let size = rows.length;
  const isDone = () => found.refused.length > 0 && found.tries >= MOST_TRIES;
  while (at < rows.length && !isDone()) {
    found.tries += 1;
    const tried = rows.slice(at, at + size);
    const error = await copy(tried);
    if (error === undefined) {
      at += tried.length;
      size *= 2;
    } else if (tried.length > 1) {
      size = Math.ceil(tried.length / 2);
    } else {
      for (const { offset } of tried) found.refused.push(toRefusedRow(offset, error));
      at += 1;
      size = 1;
    }
  }
}

function toRefusedRow(offset: number, { message, code, detail, constraint }: PostgresError): RefusedRow {
  const reason = detail === undefined || WORDY.has(code) ? message : `${message}: ${detail}`;
  return {
    offset,
    // A trigger may quote the whole row.
    reason: reason.length > LONGEST_REASON ? `${reason.slice(0, LONGEST_REASON)}…` : reason,
    ...(constraint !== undefined && { constraint }),
    conflict: code === UNIQUE_VIOLATION,
  };
}
