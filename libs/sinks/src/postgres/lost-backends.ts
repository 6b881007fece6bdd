import { escapeLiteral } from "pg";
import type { PostgresAddress } from "../address/parse-address.js";
import { applicationName, runAtOnce, withConnection } from "./connection.js";
import { NO_LIMITS } from "./session/settings.js";

/**
 * Backends whose transactions this process has given up without an answer. The network may have lost the connection without a
 * word: then the backend stays in its COPY, holds the checkpoint row, and no limit of the server's ends it.
 */
export interface LostBackends {
  add(pid: number): void;
  /**
   * Ends those that are still there, and resolves to their pids. A pid that another writer has got meanwhile costs that one a
   * retry. Where Postgres can't be asked they are kept for the next time.
   */
  end(): Promise<readonly number[]>;
}

const askTimeoutMs = 5_000;

export function createLostBackends(address: PostgresAddress): LostBackends {
  const lost = new Set<number>();
  return {
    add: (pid) => lost.add(pid),
    async end() {
      if (lost.size === 0) return [];
      const asked = [...lost];
      const name = escapeLiteral(address.applicationName ?? applicationName);
      const rows = await withConnection(
        address,
        (client) =>
          runAtOnce<{ pid: number }>(
            client,
            NO_LIMITS,
            `SELECT pid FROM pg_stat_activity
             WHERE CASE WHEN pid IN (${asked.join(", ")}) AND application_name = ${name} THEN pg_terminate_backend(pid) ELSE false END`,
          ),
        { timeoutMs: askTimeoutMs },
      );
      for (const pid of asked) lost.delete(pid);
      return rows.map(({ pid }) => pid);
    },
  };
}
