import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startPostgres } from "@tidemark/embedded-postgres";
import { createFindings } from "../../src/findings.js";
import { comparePanels } from "../../src/panels/panel-comparison.js";
import type { ViewChoice } from "../../src/panels/views.js";
import { withSnapshot } from "../../src/snapshot.js";
import { socmedData } from "@tidemark/socmed/tables";

export interface TestPostgres {
  readonly databaseUrl: string;
  close(): Promise<void>;
}

/** A server without tables. */
export async function startTestPostgres(): Promise<TestPostgres> {
  const directory = await mkdtemp(join(tmpdir(), "tidemark-panels-"));
  await chmod(directory, 0o755);
  const server = await startPostgres({ dataDir: join(directory, "postgres"), settings: { fsync: "off" } });
  return {
    databaseUrl: server.databaseUrl,
    async close() {
      await server.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** The third link alone, with up to 20 of its differences. */
export async function compare(databaseUrl: string, topic: string, choice: ViewChoice | null = null) {
  const findings = createFindings(20);
  const summary = await withSnapshot(databaseUrl, (snapshot) =>
    comparePanels({ snapshot, pipeline: socmedData.name, topic, findings, choice, onQuery: () => {} }),
  );
  return { ...summary, differences: findings.first() };
}
