import type { ISql, ReservedSql, Row, Sql } from "postgres";
import type { PostgresAddress } from "../../address/parse-address.js";
import { connectionClosed } from "./open-socket.js";
import { openSql, type SqlOptions } from "./drivers.js";
import { explainRefusal } from "./explain-refusal.js";
import { modeText, NO_LIMITS, settingsStatement, type TransactionLimits, type TransactionMode } from "./settings.js";

/** What runs queries within a transaction. Drizzle takes it too. */
export type Transaction = ISql & Pick<Sql, "options">;

export interface TransactionOptions extends TransactionMode {
  /** Default: none. */
  readonly limits?: TransactionLimits;
  /** More settings for this transaction, such as `work_mem`; their values are no user's texts. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** Transactions of postgres.js, one after another on one connection, which is opened when it is needed. Arrays are no parameters. */
export interface Transactions {
  /**
   * Runs `work` in a transaction whose settings do not depend on the role, the database or a pooler. A transaction that fails
   * ends its connection, and so the server rolls back. Rejects with what `work` rejects with, the server's and the network's own
   * errors, and SinkError `refused-connection`.
   */
  run<T>(options: TransactionOptions, work: (transaction: Transaction) => Promise<T>): Promise<T>;
  /** Resolves to the rows of one statement, which is such a transaction alone, in one round trip. */
  ask(options: TransactionOptions, statement: string): Promise<readonly Row[]>;
  /** Waits so many seconds for what is under way. */
  end(options: { readonly timeout: number }): Promise<void>;
}

/** Throws SinkError `invalid-address`. */
export function openTransactions(
  databaseUrl: string | PostgresAddress,
  options: Omit<SqlOptions, "max" | "onclose" | "fetch_types"> = {},
): Transactions {
  /** What to do when the connection of a client is lost, while a transaction is under way on it. */
  const losses = new WeakMap<Sql, () => void>();
  const connected = new WeakSet<Sql>();
  let client: Sql | undefined = open();
  let isEnded = false;

  function open(): Sql {
    const opened: Sql = openSql(databaseUrl, {
      prepare: false,
      onnotice: () => {},
      ...options,
      max: 1,
      // Where that query fails, its error is an uncaught exception of the process.
      fetch_types: false,
      onclose() {
        connected.delete(opened);
        losses.get(opened)?.();
      },
    });
    return opened;
  }

  function take(): Sql {
    if (isEnded) throw connectionClosed();
    return (client ??= open());
  }

  /** The `begin` of postgres.js sends ROLLBACK on a connection that is lost, and ends the process by an exception then. */
  function giveUp(sql: Sql): void {
    if (client === sql) client = undefined;
    void sql.end({ timeout: 0 });
  }

  async function runOn<T>(
    reserved: ReservedSql,
    sql: Sql,
    given: TransactionOptions,
    work: (transaction: Transaction) => Promise<T>,
  ): Promise<T> {
    let isLost = false;
    const lost = new Promise<never>((_, reject) => {
      losses.set(sql, () => {
        isLost = true;
        // What the server said last comes first.
        setImmediate(() => reject(connectionClosed()));
      });
    });
    lost.catch(() => {});
    const transaction = guard(reserved, sql, () => isLost);
    const complete = async (): Promise<T> => {
      const { limits = NO_LIMITS, settings } = given;
      await transaction.unsafe(`BEGIN ${modeText(given)}; ${settingsStatement(limits, settings)}`);
      const result = await work(transaction);
      await transaction.unsafe("COMMIT");
      return result;
    };
    // Queries that wait for their turn on a connection that is lost never settle.
    const completing = complete();
    completing.catch(() => {});
    return Promise.race([completing, lost]);
  }

  return {
    async run(given, work) {
      const sql = take();
      try {
        // Without a connection, `reserve` would wait for ever: it takes one that another query has opened.
        if (!connected.has(sql)) await sql.unsafe("SELECT 1");
        connected.add(sql);
        const reserved = await sql.reserve();
        const result = await runOn(reserved, sql, given, work);
        losses.delete(sql);
        reserved.release();
        return result;
      } catch (error) {
        giveUp(sql);
        throw explainRefusal(error, databaseUrl);
      }
    },
    async ask(given, statement) {
      const { limits = NO_LIMITS, settings } = given;
      const sql = take();
      const text = `SET TRANSACTION ${modeText(given)}; ${settingsStatement(limits, settings)}; ${statement}`;
      // postgres.js types what several statements give as if they were one.
      const results = (await sql.unsafe(text)) as unknown as readonly (readonly Row[])[];
      return results.at(-1) ?? [];
    },
    async end(given) {
      isEnded = true;
      await client?.end(given);
    },
  };
}

/** A query on a connection that is lost would be an uncaught exception of the process. */
function guard(reserved: ReservedSql, { options }: Sql, isLost: () => boolean): Transaction {
  function checked<Given extends unknown[], Result>(ask: (...given: Given) => Result): (...given: Given) => Result {
    return (...given) => {
      if (isLost()) throw connectionClosed();
      return ask(...given);
    };
  }
  const { types, typed, array, json, unsafe, file, notify } = reserved;
  return Object.assign(checked(reserved as never), {
    types,
    typed,
    array,
    json,
    file,
    notify,
    unsafe: checked(unsafe),
    options,
  }) as unknown as Transaction;
}
