import { checkpoints } from "@tidemark/sinks/tables";
import { getTableColumns } from "drizzle-orm";
import { nothingRead, severalTopics } from "./errors.js";
import { nameTable, withSnapshot, type Snapshot } from "./snapshot.js";
import { quote } from "./stored-table.js";

/** The topics of which the pipeline has a checkpoint, each once. */
export async function readTopics(snapshot: Snapshot, pipeline: string): Promise<readonly string[]> {
  const columns = getTableColumns(checkpoints);
  const rows = await snapshot
    .unsafe(
      `SELECT DISTINCT ${quote(columns.topic.name)} FROM ${nameTable(checkpoints)}
       WHERE ${quote(columns.pipeline.name)} = $1 ORDER BY 1`,
      [pipeline],
    )
    .values();
  return rows.map(([topic]) => String(topic));
}

/**
 * The only topic that a pipeline has read into the database.
 *
 * @throws CannotVerifyError `no-checkpoints`, `several-topics`, and those of `withSnapshot`
 */
export function findTopic(databaseUrl: string, pipeline: string, signal?: AbortSignal): Promise<string> {
  async function read(snapshot: Snapshot): Promise<string> {
    const topics = await readTopics(snapshot, pipeline);
    const [topic] = topics;
    if (topic === undefined) throw nothingRead(pipeline);
    if (topics.length > 1) throw severalTopics(pipeline, topics);
    return topic;
  }
  return withSnapshot(databaseUrl, read, { signal });
}
