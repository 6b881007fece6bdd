import { and, DrizzleQueryError, eq } from "drizzle-orm";
import { drizzle } from "drizzle-orm/postgres-js";
import { checkpoints } from "../tables/tidemark.js";
import { openSql } from "./session/drivers.js";

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
  const sql = openSql(databaseUrl, { max: 1, prepare: false, onnotice: () => {} });
  const database = drizzle(sql);
  return {
    read: () =>
      database
        .select()
        .from(checkpoints)
        .where(and(eq(checkpoints.pipeline, pipeline), eq(checkpoints.topic, topic)))
        .orderBy(checkpoints.partition)
        .catch((error: unknown) => {
          // Drizzle's own message is the text of the query.
          throw error instanceof DrizzleQueryError ? error.cause : error;
        }),
    close: () => sql.end({ timeout: 1 }),
  };
}
