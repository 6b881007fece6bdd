import type { presets } from "@tidemark/socmed/scenario";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Verdict } from "../src/verdict.js";
import { runMain, startServers, type TestServers } from "../test/servers.js";

let servers: TestServers;

beforeAll(async () => {
  servers = await startServers();
});

afterAll(() => servers.close());

// The whole of the day; of the others, which have no end, so much that all that they are about has happened.
const events: Readonly<Record<keyof typeof presets, number>> = {
  deck: 20_000,
  default: 50_000,
  day: 864_000,
  rush: 100_000,
  dirty: 100_000,
  skewed: 100_000,
  quiet: 30_000,
  clocks: 60_000,
};

describe("every preset goes through the whole pipeline, by the apps themselves, and verifies:", () => {
  it.each(Object.entries(events))("%s, %d events", async (preset, count) => {
    const databaseUrl = await servers.createDatabase();
    const env = { KAFKA_BROKERS: servers.kafkaBrokers.join(","), DATABASE_URL: databaseUrl, KAFKA_TOPIC: preset };
    const stream = [`--scenario=${preset}`, "--seed=20240203", `--events=${count}`, "--rate=max"];
    expect(await runMain("apps/producer", [...stream, "--json"], env)).toMatchObject({ code: 0 });
    expect(await runMain("apps/consumer", ["--until-caught-up", "--json"], env)).toMatchObject({ code: 0 });
    const { code, out } = await runMain("tools/verify", [...stream, "--json"], env);
    const verdict = JSON.parse(out) as Verdict;
    expect(verdict.differences).toEqual([]);
    expect(verdict).toMatchObject({ equal: true, records: count, events: count, unread: 0 });
    expect(code).toBe(0);
  });
});
