import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "pg";

const LOOK_EVERY_MS = 200;
const PATIENCE_MS = 60_000;

/** Resolves once a consumer, and no Spark driver, has claimed a partition last; after a minute in any case. */
export async function waitUntilConsumerOwns(databaseUrl: string, signal: AbortSignal): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  while (performance.now() < deadline && !(await isConsumerOwner(databaseUrl))) {
    await sleep(LOOK_EVERY_MS, undefined, { signal });
  }
}

async function isConsumerOwner(connectionString: string): Promise<boolean> {
  const client = new Client({ connectionString });
  // A connection that breaks rejects what was asked of it too.
  client.on("error", () => undefined);
  try {
    await client.connect();
    const { rowCount } = await client.query("SELECT FROM tidemark.checkpoints WHERE owner NOT LIKE 'spark %' LIMIT 1");
    return rowCount === 1;
  } catch {
    return false;
  } finally {
    await client.end();
  }
}
