/** For each command that a lib has: how to run it once, and what it is to print. */
export interface Command {
  readonly command: string;
  readonly args: readonly string[];
  readonly prints: RegExp;
}

export const commands: readonly Command[] = [
  {
    command: "tidemark-scenario",
    args: ["--scenario=deck", "--events=2", "--format=records"],
    prints: /^\{"partition":\d,"offset":0,"timestamp":1706979600000,"key":"\w+\|\w+","value":"\{.*\}"\}\n\{.*\}\n$/,
  },
];

/** For each lib a small program that calls it, and what it is to print. A lib that is not here is only imported. */
export interface Program {
  readonly packageName: string;
  readonly source: string;
  readonly prints: RegExp;
}

export const programs: readonly Program[] = [
  {
    packageName: "@tidemark/schema",
    source: `
      import { defineEvent, text, time } from "@tidemark/schema";
      import { z } from "zod";
      const { decode, encode } = defineEvent(z.object({ shop: text({ max: 100 }), placedAt: time("s") }));
      const decoded = decode(encode({ shop: "Bekasi", placedAt: 1706981205 }));
      console.log(decoded.ok ? decoded.event.shop : decoded.rejection.reason);`,
    prints: /^Bekasi\n$/,
  },
  {
    packageName: "@tidemark/metrics",
    source: `
      import { defineRate, evaluateRate } from "@tidemark/metrics";
      const rate = defineRate({
        name: "refund_rate", title: "Refund rate", numerator: "refunds", denominator: "orders", scale: 100, unit: "percent",
      });
      console.log(evaluateRate(rate, { refunds: 364, orders: 835 }));`,
    prints: /^43\.59281437125748\n$/,
  },
  {
    packageName: "@tidemark/windowing",
    source: `
      import { createTask, defineTask, tumbling } from "@tidemark/windowing";
      interface Sale { readonly at: number; readonly city: string; readonly amount: number }
      const task = createTask(
        defineTask<Sale>()({
          time: { field: "at", unit: "ms" },
          watermarkDelayMs: 0,
          allowedLatenessMs: 0,
          rollups: [
            {
              name: "fives",
              window: tumbling(5_000),
              keys: ["city"],
              aggregates: { amount: { kind: "sum", field: "amount", of: "integer" } },
            },
          ],
        }),
      );
      task.step([{ at: -1, city: "Bogor", amount: 7 }]);
      const [fives] = task.checkpoint().changed;
      for (const { windowStartMs, keys, values } of fives.rows) {
        const amount: number = values.amount;
        console.log(windowStartMs, keys.city, amount);
      }`,
    prints: /^-5000 Bogor 7\n$/,
  },
  {
    packageName: "@tidemark/socmed",
    source: `
      import { createStream, presets } from "@tidemark/socmed/scenario";
      const stream = createStream({ scenario: presets.deck, seed: 1, startMs: Date.UTC(2024, 1, 3, 17) });
      console.log(stream.at(0).key);`,
    prints: /^\w+\|\w+\n$/,
  },
  {
    packageName: "@tidemark/embedded-kafka",
    source: `
      import { mkdtempSync, rmSync } from "node:fs";
      import { tmpdir } from "node:os";
      import { startBroker } from "@tidemark/embedded-kafka";
      import { readClusterId } from "@tidemark/sources";
      const dataDir = mkdtempSync(tmpdir() + "/tidemark-pack-");
      const broker = await startBroker({ dataDir });
      console.log((await readClusterId([broker.address])) === broker.clusterId);
      await broker.close();
      rmSync(dataDir, { recursive: true });`,
    prints: /^true\n$/,
  },
  {
    packageName: "@tidemark/sources",
    source: `
      import { mkdtempSync, rmSync } from "node:fs";
      import { tmpdir } from "node:os";
      import { startBroker } from "@tidemark/embedded-kafka";
      import { readOffsets, SourceError } from "@tidemark/sources";
      const dataDir = mkdtempSync(tmpdir() + "/tidemark-pack-");
      const broker = await startBroker({ dataDir });
      const error: unknown = await readOffsets([broker.address], "absent").catch((thrown: unknown) => thrown);
      console.log(error instanceof SourceError ? error.code : error);
      await broker.close();
      rmSync(dataDir, { recursive: true });`,
    prints: /^topic-missing\n$/,
  },
  {
    packageName: "@tidemark/sinks",
    source: `
      import { mkdtempSync, rmSync } from "node:fs";
      import { tmpdir } from "node:os";
      import { startPostgres } from "@tidemark/embedded-postgres";
      import { migrate } from "@tidemark/sinks";
      import { deriveTables, type PipelineData } from "@tidemark/sinks/tables";
      const data: PipelineData = {
        version: 1, name: "visits", decoder: "json", id: null, time: { field: "at", unit: "ms" }, rates: [], rollups: [],
        fields: [{ name: "at", type: { kind: "time", unit: "ms" }, nullable: false, optional: false }],
        watermarkDelayMs: 0, allowedLatenessMs: 0, maxFutureSkewMs: 0,
        tables: {
          schema: "web", raw: "visits", late: "late", rejected: "rejected", rejectedValues: "start", verdicts: [], partitionBy: "day", onConflict: "refuse",
          columns: { at: { name: "at", type: "timestamp with time zone", nullable: false } }, own: [],
        },
      };
      const dataDir = mkdtempSync(tmpdir() + "/tidemark-pack-");
      const postgres = await startPostgres({ dataDir });
      await migrate({ data, tables: deriveTables(data) }, postgres.databaseUrl);
      await postgres.close();
      rmSync(dataDir, { recursive: true });
      console.log("migrated");`,
    prints: /^migrated\n$/,
  },
  {
    packageName: "@tidemark/embedded-postgres",
    source: `
      import { EmbeddedPostgresError, startPostgres } from "@tidemark/embedded-postgres";
      const error: unknown = await startPostgres({ dataDir: "/dev/null/nowhere" }).catch((thrown: unknown) => thrown);
      console.log(error instanceof EmbeddedPostgresError, typeof startPostgres);`,
    prints: /^true function\n$/,
  },
];
