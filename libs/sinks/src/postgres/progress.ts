import { and, DrizzleQueryError, eq } from "drizzle-orm";
import { drizzle } from "drizzle-orm/postgres-js";
import type { Sql } from "postgres";
import { checkpoints } from "../tables/tidemark.js";
import { SNAPSHOT } from "./session/settings.js";
import { openTransactions } from "./session/transactions.js";

export type PartitionProgress = typeof checkpoints.$inferSelect;

/** Reads a pipeline's checkpoints of a topic, whoever wrote them. */
export interface ProgressReader {
  /** Rejects with Postgres's and the network's own errors. */
  read(): Promise<readonly PartitionProgress[]>;
  close(): Promise<void>;
}

/** `pipeline` is its name. Throws SinkError `invalid-address`. */
export function createProgressReader(
  databaseUrl: string,
  { pipeline, topic }: { readonly pipeline: string; readonly topic: string },
): ProgressReader {
  const transactions = openTransactions(databaseUrl);
  return {
    read: () =>
      transactions.run(SNAPSHOT, (transaction) =>
        drizzle(transaction as Sql)
          .select()
          .from(checkpoints)
          .where(and(eq(checkpoints.pipeline, pipeline), eq(checkpoints.topic, topic)))
          .orderBy(checkpoints.partition)
          .catch((error: unknown) => {
            // Drizzle's own message is the text of the query.
            throw error instanceof DrizzleQueryError ? error.cause : error;
          }),
      ),
    close: () => transactions.end({ timeout: 1 }),
  };
}
