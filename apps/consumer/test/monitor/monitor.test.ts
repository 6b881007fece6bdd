import { createServer, type AddressInfo } from "node:net";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { environment, start, type ConsumerProcess } from "../consumer-process.js";
import { ownName, produce, query, readLedger, startServers, type TestServers } from "../servers.js";

const patience = { timeout: 100_000 };
const events = 5_000;

let servers: TestServers;
let databaseUrl: string;
beforeAll(async () => {
  servers = await startServers();
});
beforeEach(async () => {
  databaseUrl = await servers.createDatabase();
});
afterAll(() => servers.close());

async function watch(topic: string): Promise<ConsumerProcess & { readonly url: string }> {
  const consumer = start([], { ...environment(servers, databaseUrl, topic), METRICS_PORT: "0" });
  await expect.poll(() => consumer.text.stdout + consumer.text.stderr, patience).toContain("can be watched at");
  return { ...consumer, url: /watched at (http:\S+)\/metrics/.exec(consumer.text.stdout)?.[1] ?? "" };
}

async function ask(url: string): Promise<{ readonly status: number; readonly body: unknown }> {
  const response = await fetch(url);
  return { status: response.status, body: await response.json() };
}

interface Exposition {
  readonly types: ReadonlyMap<string, string>;
  /** By name and labels, as they stand in the text. */
  readonly samples: ReadonlyMap<string, number>;
}

/** Reads the text format strictly: https://prometheus.io/docs/instrumenting/exposition_formats/ */
function parseExposition(text: string): Exposition {
  const types = new Map<string, string>();
  const samples = new Map<string, number>();
  const sample = /^([a-zA-Z_:][\w:]*)((?:\{(?:[a-zA-Z_]\w*="(?:[^"\\\n]|\\.)*",?)*\})?) (\S+)$/;
  for (const line of text.trimEnd().split("\n")) {
    const [, name, type] = /^# TYPE (\S+) (gauge|counter|histogram|summary)$/.exec(line) ?? [];
    if (name !== undefined && type !== undefined) types.set(name, type);
    if (line === "" || line.startsWith("# ")) continue;
    const [, own = "", labels = "", value = ""] = sample.exec(line) ?? [];
    expect(own, `a sample: ${line}`).not.toBe("");
    // Nan is how prom-client writes it; Go's ParseFloat, which reads it, takes any case.
    expect(value).toMatch(/^(?:[-+]?Inf|Na[Nn]|-?\d+(?:\.\d+)?(?:e[-+]?\d+)?)$/);
    samples.set(own + labels, Number(value));
  }
  return { types, samples };
}

async function scrape(url: string): Promise<Exposition> {
  const response = await fetch(`${url}/metrics`);
  expect(response.headers.get("content-type")).toMatch(/^text\/plain; version=0\.0\.4/);
  return parseExposition(await response.text());
}

describe("a consumer that can be watched", { timeout: 240_000 }, () => {
  it("exposes what the database holds of each partition, under names and units that Prometheus asks for", async () => {
    await produce(servers.broker, ownName("watched"), events, 3);
    const consumer = await watch("watched");
    await expect
      .poll(() => readLedger(databaseUrl).catch(() => undefined), patience)
      .toMatchObject({ offsets: events });
    await expect
      .poll(async () => sumOf((await scrape(consumer.url)).samples, "tidemark_records_read_total"), patience)
      .toBe(events);
    const { samples, types } = await scrape(consumer.url);
    const rows = await query(
      databaseUrl,
      `SELECT partition, next_offset::int, epoch::int, extract(epoch FROM watermark)::float8 AS watermark,
         read::int, counted::int, duplicate::int, late::int, quarantined::int, rejected::int, skipped::int, lost::int
       FROM tidemark.checkpoints`,
    );
    expect(rows).toHaveLength(3);
    for (const row of rows) {
      const of = (name: string, more = "") =>
        samples.get(`tidemark_${name}{partition="${String(row["partition"])}"${more}}`);
      expect(of("partition_next_offset")).toBe(row["next_offset"]);
      expect(of("partition_epoch")).toBe(row["epoch"]);
      expect(of("partition_watermark_timestamp_seconds")).toBe(row["watermark"]);
      expect(of("partition_lag_records")).toBe(0);
      expect(of("partition_claims_total")).toBe(1);
      expect(of("records_read_total")).toBe(row["read"]);
      for (const verdict of ["counted", "duplicate", "late", "quarantined", "rejected"]) {
        expect(of("records_judged_total", `,verdict="${verdict}"`), verdict).toBe(row[verdict]);
      }
      for (const reason of ["skipped", "lost"]) {
        expect(of("offsets_without_record_total", `,reason="${reason}"`), reason).toBe(row[reason]);
      }
    }
    const [written] = await query(
      databaseUrl,
      `SELECT ((SELECT count(*) FROM socmed_user_sales) + (SELECT count(*) FROM socmed_late)
         + (SELECT count(*) FROM socmed_rejected))::int AS rows`,
    );
    expect(samples.get("tidemark_checkpoint_rows_sum")).toBe(written?.["rows"]);
    expect(samples.get("tidemark_checkpoint_duration_seconds_count")).toBe(
      samples.get("tidemark_checkpoint_rows_count"),
    );
    expect(samples.get("tidemark_checkpoint_duration_seconds_sum")).toBeGreaterThan(0);
    expect(samples.get("tidemark_kafka_up")).toBe(1);
    expect(samples.get("tidemark_postgres_up")).toBe(1);
    expect(samples.get("process_resident_memory_bytes")).toBeGreaterThan(0);
    const own = [...types].filter(([name]) => name.startsWith("tidemark_"));
    expect(own).toHaveLength(25);
    for (const [name, type] of own) expect(name.endsWith("_total"), name).toBe(type === "counter");

    expect(await ask(`${consumer.url}/healthz`)).toMatchObject({
      status: 200,
      body: { ok: true, postgres: "answers", writing: [], lastCommit: { records: expect.any(Number) }, divided: 0 },
    });
    expect(await ask(`${consumer.url}/readyz`)).toEqual({ status: 200, body: { ok: true } });
    expect((await fetch(`${consumer.url}/other`)).status).toBe(404);
    expect((await fetch(`${consumer.url}/metrics`, { method: "POST" })).status).toBe(405);
    consumer.child.kill("SIGTERM");
    expect(await consumer.ended).toMatchObject({ code: 0, stderr: "" });
  });

  it("is alive but not ready before it has partitions, and while Postgres is away, though it has nothing to write", async () => {
    const consumer = await watch("awaited");
    const readiness = () => ask(`${consumer.url}/readyz`);
    await expect.poll(readiness, patience).toMatchObject({
      status: 503,
      body: { ok: false, reason: `Kafka: there is no topic ${ownName("awaited")}` },
    });
    await produce(servers.broker, ownName("awaited"), 100, 1);
    await expect.poll(readiness, patience).toMatchObject({ status: 200 });
    await expect.poll(() => readLedger(databaseUrl), patience).toMatchObject({ offsets: 100 });

    await servers.stopPostgres();
    expect(await readiness()).toMatchObject({
      status: 503,
      body: { ok: false, reason: expect.stringMatching(/^Postgres: /) as string },
    });
    expect((await scrape(consumer.url)).samples.get("tidemark_postgres_up")).toBe(0);
    expect(await ask(`${consumer.url}/healthz`)).toMatchObject({ status: 200 });
    await servers.restartPostgres();
    await expect.poll(readiness, patience).toMatchObject({ status: 200 });
    consumer.child.kill("SIGTERM");
    expect(await consumer.ended).toMatchObject({ code: 0 });
  });

  it("tells at once of a watermark that is ahead of what arrives, though it is ready and alive", async () => {
    const topic = ownName("fast");
    // 50 minutes later by the stream's clock, and then what follows.
    await produce(servers.broker, topic, 1, 1, 60_000);
    await produce(servers.broker, topic, 100, 1);
    const consumer = await watch("fast");
    await expect.poll(() => consumer.text.stdout, patience).toContain("FAST CLOCK");
    const ahead = /^the watermark of partition 0 is 4\d min ahead of what arrives.*the event at offset 0 set it/;
    const degraded = { status: 200, body: { ok: true, degraded: [expect.stringMatching(ahead) as string] } };
    expect(await ask(`${consumer.url}/healthz`)).toMatchObject(degraded);
    await expect.poll(() => ask(`${consumer.url}/readyz`), patience).toEqual(degraded);
    const { samples } = await scrape(consumer.url);
    expect(samples.get('tidemark_partition_watermark_ahead_seconds{partition="0"}')).toBeGreaterThan(2_000);
    consumer.child.kill("SIGTERM");
    expect(await consumer.ended).toMatchObject({ code: 0 });
  });

  it("says which address is taken, exit code 2", async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
    const { port } = other.address() as AddressInfo;
    const { ended } = start([], { ...environment(servers, databaseUrl, "taken"), METRICS_PORT: String(port) });
    const { code, stderr } = await ended;
    await new Promise((resolve) => other.close(resolve));
    expect(stderr.trimEnd().split("\n")).toHaveLength(1);
    expect(stderr).toContain(`METRICS_PORT ${port} on 127.0.0.1 cannot be used (somebody else listens there already)`);
    expect(code).toBe(2);
  });
});

function sumOf(samples: Exposition["samples"], name: string): number {
  return [...samples].reduce((sum, [key, value]) => (key.startsWith(`${name}{`) ? sum + value : sum), 0);
}
