import { connect, createServer, type AddressInfo, type Server } from "node:net";
import { migrate } from "@tidemark/sinks";
import { Client } from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createProgressRecorder, type ProgressRecorder } from "../src/progress-recorder.js";
import { claimed, committed } from "./events.js";
import { orders } from "./orders.js";
import { query, startServers, type TestServers } from "./servers.js";

// A poll gives up after 1 s by default.

let servers: TestServers;
let databaseUrl: string;
let notes: string[];
let recorders: ProgressRecorder[];

beforeAll(async () => {
  servers = await startServers();
});
afterAll(() => servers.close());
beforeEach(async () => {
  notes = [];
  recorders = [];
  databaseUrl = await servers.createDatabase();
  await migrate(orders, databaseUrl);
});
afterEach(() => Promise.all(recorders.map((recorder) => recorder.stop({ finish: false }))));

function record(options: Partial<Parameters<typeof createProgressRecorder>[0]> = {}): ProgressRecorder {
  const recorder = createProgressRecorder({
    databaseUrl,
    pipeline: "orders",
    topic: "t",
    consumer: "host:1",
    onFailed: (reason) => notes.push(reason),
    everyMs: 20,
    ...options,
  });
  recorders.push(recorder);
  return recorder;
}

const figures = "records::int, checkpoints, checkpoint_ms_sum, checkpoint_ms_max, lag::int, pauses";
const rowsOf = (partition: number) =>
  query(
    databaseUrl,
    `SELECT ${figures} FROM tidemark.progress WHERE topic = 't' AND consumer = 'host:1' AND partition = ${partition} ORDER BY at`,
  );
const countRows = async () => (await query(databaseUrl, "SELECT FROM tidemark.progress")).length;
const idle = { records: 0, checkpoints: 0, checkpoint_ms_sum: 0, checkpoint_ms_max: 0, lag: 30, pauses: 0 };

describe("the progress recorder", () => {
  it("writes what each owned partition did since the last time, and how far it is behind", async () => {
    const recorder = record();
    const log = { logEndOffset: 100, takenOffset: 0 };
    recorder.on(claimed(0, { nextOffset: 50 }, log));
    recorder.on(claimed(1, { nextOffset: 7 }, { logEndOffset: 7, takenOffset: 0 }));
    recorder.on(committed(0, { nextOffset: 60 }, { records: 10, durationMs: 2 }));
    recorder.on(committed(0, { nextOffset: 70 }, { records: 9, durationMs: 4 }));
    recorder.on({ type: "paused", partition: 0 });
    recorder.start();
    await expect.poll(async () => (await rowsOf(0)).length).toBeGreaterThan(2);
    const [first, second] = await rowsOf(0);
    expect(first).toEqual({
      records: 19,
      checkpoints: 2,
      checkpoint_ms_sum: 6,
      checkpoint_ms_max: 4,
      lag: 30,
      pauses: 1,
    });
    expect(second).toEqual(idle);
    expect((await rowsOf(1))[0]).toEqual({ ...idle, lag: 0 });
    const sound = "seconds > 0 AND at BETWEEN now() - interval '1 hour' AND now()";
    expect(await query(databaseUrl, `SELECT FROM tidemark.progress WHERE (${sound}) IS NOT TRUE`)).toEqual([]);
  });

  it("writes once more of a partition that went to another, and goes on with one that came back", async () => {
    const recorder = record();
    for (const partition of [0, 1, 2])
      recorder.on(claimed(partition, { nextOffset: 10 }, { logEndOffset: 40, takenOffset: 0 }));
    recorder.on(committed(1, { nextOffset: 20 }, { records: 10, durationMs: 1 }));
    recorder.on(committed(2, { nextOffset: 20 }, { records: 10, durationMs: 1 }));
    for (const partition of [1, 2]) recorder.on({ type: "revoked", partitions: [partition] });
    recorder.on(claimed(2, { nextOffset: 25 }, { logEndOffset: 90, takenOffset: 0 }));
    recorder.start();
    await expect.poll(async () => (await rowsOf(0)).length).toBeGreaterThan(3);
    expect(await rowsOf(1)).toMatchObject([{ records: 10, lag: 20 }]);
    expect((await rowsOf(2)).slice(0, 2)).toMatchObject([
      { records: 10, lag: 65 },
      { records: 0, lag: 65 },
    ]);
  });

  it("drops in silence what a Postgres that is away does not take, and goes on", async () => {
    let refused = 0;
    const recorder = record({ databaseUrl: await refuseFirst(3, () => (refused += 1)) });
    recorder.on(claimed(0, { nextOffset: 10 }, { logEndOffset: 50, takenOffset: 0 }));
    recorder.on(committed(0, { nextOffset: 20 }, { records: 10, durationMs: 1 }));
    recorder.start();
    await expect.poll(countRows).toBeGreaterThan(0);
    expect(refused).toBe(3);
    expect((await rowsOf(0))[0]).toEqual(idle);
    expect(notes).toEqual([]);
  });

  it("tells once what no waiting helps, and records again when it can", async () => {
    await query(databaseUrl, "ALTER TABLE tidemark.progress RENAME TO hidden");
    const recorder = record();
    recorder.on(claimed(0, { nextOffset: 20 }, { logEndOffset: 50, takenOffset: 0 }));
    recorder.start();
    await expect.poll(() => notes).toEqual([expect.stringContaining("does not exist")]);
    await query(databaseUrl, "ALTER TABLE tidemark.hidden RENAME TO progress");
    await expect.poll(countRows).toBeGreaterThan(0);
    expect(notes).toHaveLength(1);
  });

  it("forgets what its topic observed more than a week ago", async () => {
    await query(
      databaseUrl,
      `INSERT INTO tidemark.progress SELECT now() - days * interval '1 day', 'orders', topic, 0, 'host:1', 10, days, 0, 0, 0, 0, 0
       FROM unnest(ARRAY[6, 8, 30]) AS days, unnest(ARRAY['t', 'other']) AS topic`,
    );
    const recorder = record();
    recorder.on(claimed(0, { nextOffset: 20 }, { logEndOffset: 50, takenOffset: 0 }));
    recorder.start();
    const old = "SELECT topic, records::int FROM tidemark.progress WHERE records > 0 ORDER BY topic DESC, records";
    const left = [{ topic: "t", records: 6 }, ...[6, 8, 30].map((records) => ({ topic: "other", records }))];
    await expect.poll(() => query(databaseUrl, old)).toEqual(left);
  });

  it("writes a last time before it stops, if it shall", async () => {
    const [finished, broken] = [record({ everyMs: 3_600_000 }), record({ everyMs: 3_600_000 })];
    for (const recorder of [finished, broken]) {
      recorder.on(claimed(0, { nextOffset: 10 }, { logEndOffset: 50, takenOffset: 0 }));
      recorder.start();
      recorder.on(committed(0, { nextOffset: 20 }, { records: 10, durationMs: 1 }));
      recorder.on({ type: "revoked", partitions: [0] });
    }
    await broken.stop({ finish: false });
    expect(await countRows()).toBe(0);
    await finished.stop({ finish: true });
    expect(await rowsOf(0)).toMatchObject([{ records: 10, checkpoints: 1, lag: 30 }]);
  });

  it.each([true, false])("stops though Postgres does not answer (finish: %s)", async (finish) => {
    const user = new Client({ connectionString: databaseUrl });
    await user.connect();
    await user.query("BEGIN; LOCK TABLE tidemark.progress");
    const recorder = record();
    recorder.on(claimed(0, { nextOffset: 10 }, { logEndOffset: 50, takenOffset: 0 }));
    recorder.start();
    const waiting =
      "SELECT count(*)::int AS sessions FROM pg_locks WHERE NOT granted AND relation = 'tidemark.progress'::regclass";
    await expect.poll(() => query(databaseUrl, waiting)).toEqual([{ sessions: 1 }]);
    await recorder.stop({ finish });
    await expect.poll(() => query(databaseUrl, waiting)).toEqual([{ sessions: 0 }]);
    await user.query("COMMIT");
    await user.end();
    expect(await countRows()).toBe(0);
    expect(notes).toEqual([]);
  });
});

/** An address of the database whose first connections are cut. */
async function refuseFirst(times: number, onRefused: () => number): Promise<string> {
  let left = times;
  const proxy: Server = createServer((socket) => {
    socket.on("error", () => {});
    if (left > 0) {
      left -= 1;
      onRefused();
      socket.destroy();
      return;
    }
    const upstream = connect(Number(new URL(databaseUrl).port), "127.0.0.1");
    upstream.on("error", () => {});
    socket.pipe(upstream).pipe(socket);
  });
  proxy.unref();
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  const url = new URL(databaseUrl);
  url.port = String((proxy.address() as AddressInfo).port);
  return url.href;
}
