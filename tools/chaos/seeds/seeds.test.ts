import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findInstalledPostgres } from "@tidemark/embedded-postgres";
import { RealKafkaError, startRealKafka } from "@tidemark/real-kafka";
import { describe, expect, it } from "vitest";
import { defaultOptions, type ChaosOptions } from "../src/options.js";
import { formatOutcome, isEqual } from "../src/report.js";
import { runChaos } from "../src/run-chaos.js";
import { hasOpenssl } from "../src/secrets.js";

const base: ChaosOptions = { ...defaultOptions, seed: 1, minutes: 1 };

/** Where a real Kafka cannot be had, why. The first start may have to download it. */
async function whyNoKafka(): Promise<string | undefined> {
  const dataDir = await mkdtemp(join(tmpdir(), "tidemark-chaos-kafka-"));
  try {
    await (await startRealKafka({ dataDir })).close();
    return undefined;
  } catch (error) {
    if (error instanceof RealKafkaError) return error.message;
    throw error;
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
}

const noKafka = await whyNoKafka();
const older = (await findInstalledPostgres()).find(({ major }) => major === 15);

interface Run {
  readonly on: string;
  readonly options: ChaosOptions;
  /** Why it cannot be done here. */
  readonly skip?: string | undefined;
}

const runs: readonly Run[] = [
  { on: "embedded Kafka and Postgres", options: base },
  noKafka === undefined
    ? { on: "a real Kafka", options: { ...base, seed: 2, kafka: "real" } }
    : { on: `the embedded Kafka, since there is no real one (${noKafka})`, options: { ...base, seed: 2 } },
  {
    on: "a real Kafka with TLS, SASL and a compressed topic, Postgres with TLS and a standby, and days that come and go",
    options: {
      ...base,
      seed: 4,
      kafka: "real",
      secured: true,
      compression: "zstd",
      failoverEveryMs: 60_000,
      speed: 4_000,
      retentionDays: 1,
    },
    skip: noKafka ?? (hasOpenssl() ? undefined : "there is no openssl"),
  },
  {
    on: `${older === undefined ? "the embedded Postgres, since there is no 15 in /usr/lib/postgresql" : "Postgres 15"}, with copies over partitions, days that come and go, and partitions that are passed over`,
    options: {
      ...base,
      seed: 3,
      postgresBinaries: older?.binDir ?? null,
      copies: true,
      quietAfterMs: 1_000,
      speed: 4_000,
      retentionDays: 1,
    },
  },
];

describe("after a minute of faults the tables are what the log says, and the log what the scenario says:", () => {
  for (const { on, options, skip } of runs) {
    it.skipIf(skip !== undefined)(
      `seed ${options.seed}, on ${on}${skip === undefined ? "" : ` (${skip})`}`,
      async () => {
        const lines: string[] = [];
        const say = (line: string): void => void lines.push(line);
        const outcome = await runChaos(options, { say, signal: new AbortController().signal });
        const told = [...lines, formatOutcome(outcome, 120)].join("\n");
        expect(isEqual(outcome), told).toBe(true);
        const { sent, copied } = outcome;
        expect(outcome.verdict, told).toMatchObject({
          // The log has copies that are none of the scenario's.
          ...(options.copies ? {} : { records: sent?.events }),
          events: options.copies ? null : sent?.events,
          unread: 0,
        });
        const compared = outcome.verdict?.compared["socmed_copies"];
        expect([Number(copied) > 0, Number(compared) > 0, compared !== undefined], told).toEqual(
          Array(3).fill(options.copies),
        );
        expect(outcome.kills, told).toBeGreaterThan(4);
        expect(outcome.surprises, told).toEqual([]);
        const dropped = outcome.verdict?.retention.map(({ droppedRows }) => droppedRows) ?? [];
        const faults = { failovers: outcome.counts["replace Postgres"] > 0, drops: Math.max(0, ...dropped) > 0 };
        expect(faults, told).toEqual({
          failovers: options.failoverEveryMs !== null,
          drops: options.retentionDays !== null,
        });
      },
    );
  }
});
