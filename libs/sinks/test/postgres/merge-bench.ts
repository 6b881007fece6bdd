import { afterAll, afterEach, beforeAll, beforeEach } from "vitest";
import { createSink, mergeWindows, migrate, type MergedRows, type Sink } from "../../src/index.js";
import { startTestServer, type TestServer } from "../postgres-server.js";
import { identity, openPartition, pipeline, type PartitionWriter } from "./partition-writer.js";

/** A database for each test, and what tests of merged windows do with it. */
export interface MergeBench {
  readonly server: TestServer;
  readonly url: string;
  readonly sink: Sink;
  merge(mostRows?: number, databaseUrl?: string): Promise<MergedRows>;
  /** `partition: start` of each row. */
  rowsOf(rollup?: string): Promise<readonly string[]>;
  /** The figures of all views, doubles to the bit, and what is closed. */
  viewsOf(databaseUrl?: string): Promise<unknown>;
  openAll(partitions: number): Promise<readonly PartitionWriter[]>;
  /** Each partition has an event in the first window, and its watermark at this time. */
  fill(partitions: number, until: string): Promise<readonly PartitionWriter[]>;
}

export const { topic } = identity;
export const at = (time: string) => `2024-02-03T${time}Z`;

/** To be called once in a test file. */
export function useMergeBench(): MergeBench {
  let server: TestServer;
  let url: string;
  let sink: Sink;

  beforeAll(async () => {
    server = await startTestServer();
  });
  afterAll(() => server.close());
  beforeEach(async () => {
    url = await server.createDatabase();
    await migrate(pipeline, url);
    sink = createSink({ ...identity, databaseUrl: url });
  });
  afterEach(() => sink.close());

  async function openAll(partitions: number): Promise<readonly PartitionWriter[]> {
    const writers = [];
    for (let partition = 0; partition < partitions; partition += 1) writers.push(await openPartition(sink, partition));
    return writers;
  }

  return {
    get server() {
      return server;
    },
    get url() {
      return url;
    },
    get sink() {
      return sink;
    },
    merge: (mostRows, databaseUrl = url) =>
      mergeWindows({ databaseUrl, pipeline, topic, ...(mostRows !== undefined && { mostRows }) }),
    async rowsOf(rollup = "orders_5s") {
      const rows = await server.query(
        url,
        `SELECT partition, to_char(window_start AT TIME ZONE 'UTC', 'HH24:MI:SS') AS start FROM ${rollup} ORDER BY 1, 2`,
      );
      return rows.map(({ partition, start }) => `${String(partition)}: ${String(start)}`);
    },
    async viewsOf(databaseUrl = url) {
      const views = [];
      for (const rollup of ["orders_5s", "orders_1m", "orders_1h"])
        views.push(
          await server.query(
            databaseUrl,
            `SELECT v::text AS row, encode(float8send(price_sum), 'hex') AS bits FROM ${rollup}_total v ORDER BY 1`,
          ),
        );
      return views;
    },
    openAll,
    async fill(partitions, until) {
      const writers = await openAll(partitions);
      // Rows that lie in the order of partitions would hide another order of sums.
      for (const writer of writers.toReversed()) await writer.count(at("17:00:01"), at(until));
      return writers;
    },
  };
}
