import { createSink, migrate, recordProgress, type CheckpointLedger } from "@tidemark/sinks";
import { deriveTables, type PipelineData } from "@tidemark/sinks/tables";
import { socmed } from "@tidemark/socmed/tables";
import { afterAll, beforeAll, expect, it } from "vitest";
import { look } from "./event-client.js";
import { startUnderTest } from "./live-under-test.js";
import { topic } from "./partition-writer.js";
import { query, startServers, type TestServers } from "./servers.js";

let servers: TestServers;
beforeAll(async () => {
  servers = await startServers();
});
afterAll(() => servers.close());

/** The tables of the flagship under other names, and no windows. */
const another: PipelineData = {
  ...socmed.data,
  name: "another",
  rollups: [],
  tables: {
    ...socmed.data.tables,
    raw: "another",
    late: "another_late",
    rejected: "another_rejected",
    verdicts: socmed.data.tables.verdicts.map((table) => ({ ...table, name: `another_${table.name}` })),
  },
};
const pipelines = {
  socmed: { data: { ...socmed.data, rollups: [] }, tables: socmed.tables },
  another: { data: another, tables: deriveTables(another) },
};

interface Partition {
  readonly partition: number;
  readonly watermarkMs: number;
  readonly ledger: CheckpointLedger;
}

/** Commits one checkpoint of a partition through the real sink, and an observation of it, as a consumer would. */
async function write(databaseUrl: string, name: keyof typeof pipelines, one: Partition): Promise<void> {
  const { partition, watermarkMs, ledger } = one;
  const { skipped, lost, read } = ledger;
  const pipeline = pipelines[name];
  const sink = createSink({ databaseUrl, topic, group: name, clusterId: "cluster-1", pipeline });
  try {
    const claim = await sink.claim(partition, 0);
    const nextOffset = read + skipped + lost;
    const checkpoint = { nextOffset, watermarkMs, maxEventTimeMs: watermarkMs + 5_000, ledger, changed: [] };
    await sink.commit(claim, 0, checkpoint, sink.openBuffer(partition));
  } finally {
    await sink.close();
  }
  const times = { seconds: 10, checkpoints: 1, checkpoint_ms_sum: read, checkpoint_ms_max: read, pauses: 0 };
  await recordProgress({ databaseUrl, pipeline: name, topic, consumer: `host:${name}` }, [
    { partition, records: read, lag: read, ...times },
  ]);
}

it("shows nothing of another pipeline that reads the same topic into the same database", async () => {
  const databaseUrl = await servers.createDatabase();
  await migrate(pipelines.another, databaseUrl);
  const nowMs = Date.now();
  const none = { duplicate: 0, late: 0, quarantined: 0, rejected: 0, refused: 0, skipped: 0, lost: 0 };
  const own = { ...none, read: 10, counted: 6, duplicate: 1, refused: 3 };
  await write(databaseUrl, "socmed", { partition: 0, watermarkMs: nowMs - 60_000, ledger: own });
  // It is behind, and has a partition of its own; its newest event and its last checkpoint are newer.
  for (const partition of [0, 1]) {
    const ledger = { ...none, read: 1_000, counted: 900, late: 100 };
    await write(databaseUrl, "another", { partition, watermarkMs: nowMs - 3_600_000, ledger });
  }
  await write(databaseUrl, "another", { partition: 2, watermarkMs: nowMs, ledger: { ...none, read: 5, counted: 5 } });
  const [row] = await query(
    databaseUrl,
    "SELECT ceil(extract(epoch FROM updated_at) * 1000)::float8 AS ms FROM tidemark.checkpoints WHERE pipeline = 'socmed'",
  );

  const live = await startUnderTest(databaseUrl);
  try {
    const client = await look(live.url, "tab=pipeline-health&range=5m");
    const { pulse, panels, rows } = await client.until((seen) => seen.pulse !== undefined && seen.panels !== undefined);
    expect(pulse).toMatchObject({
      ledger: { read: 10, counted: 6, duplicate: 1, late: 0, quarantined: 0, rejected: 0, refused: 3 },
      heldBy: [0],
      watermarkMs: nowMs - 60_000,
      newestEventMs: nowMs - 55_000,
      committedMs: row?.["ms"],
    });
    expect(panels?.committedMs).toBe(row?.["ms"]);
    expect(Object.fromEntries((rows["ledger"] ?? []).map(({ kind, records }) => [kind, records]))).toEqual(own);
    expect(rows["watermarks"]).toMatchObject([{ partition: 0, behind: 0, holds: "holds it", next_offset: 10 }]);
    expect(rows["lag-now"]).toEqual([{ lag: 10 }]);
    expect(rows["lag-over-time"]).toMatchObject([{ lag: 10 }]);
    expect(rows["rows-per-second"]).toMatchObject([{ rate: 1 }]);
    expect(rows["checkpoint-time"]).toMatchObject([{ duration: 10 }, { duration: 10 }]);
  } finally {
    await live.close();
  }
});
