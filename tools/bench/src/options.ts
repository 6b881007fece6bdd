import { oneOf, parseOptions as parse, text, wholeNumber, type ParsedOptions } from "@tidemark/cli";
import { z } from "zod";
import { peerNames, type PeerName } from "./peers.js";
import { serverKinds } from "./servers.js";
import { shapeNames, shapes, type ShapeName } from "./shapes.js";

export const benchmarkNames = [
  "throughput",
  "stages",
  "checkpoints",
  "ids",
  "live",
  "growth",
  "scenario",
  "verify",
  "panels",
] as const;
export type BenchmarkName = (typeof benchmarkNames)[number];

export const usage = `Usage: nx run bench:run [BENCHMARK] [--events N] [--rounds N] [--rows N] [--servers KIND] [--consumers N] [--out FILE]
       nx run bench:run throughput --shape SHAPE [--peers LIST] [--events N] [--rounds N] [--servers KIND] [--out FILE]

  throughput   (the default) Kafka to Postgres, and beside it, in the same run, the same rows by bare COPY from memory
               into the same table; 1,000 events make one second of event time. With --shape: another topic, beside what
               one would take instead, each as a whole process
  stages       the same path without each of its stages in turn, to see what each costs
  checkpoints  the same path with 500 to 50,000 records to a checkpoint
  ids          the same path with ids that are unique in each partition, and over all partitions
  live         100 and 1,000 events/s: from when an event is due to when a reader sees its row
  growth       the path into tables of 1,000,000 and of 20,000,000 rows, and a restart with 200,000 live ids
  scenario     how fast events of each preset are made, and what of it is their encoding
  verify       how fast the verifier checks a log and its tables, and its peak memory
  panels       each panel's query on 30 days of rollups and a day of raw rows, beside the same with a tenth of the raw rows

  --events N       default 2000000; ids: 1000000; scenario, growth: 500000; live: 30 s of each rate
  --rounds N       how often all is measured, one after the other (default 3)
  --rows N         panels: how many raw rows (default 10000000)
  --servers KIND   embedded (the default), or real: Apache Kafka from Maven Central, and the Postgres of this machine
  --consumers N    throughput: how many share the partitions (default 1)
  --shape SHAPE    throughput: ${shapeNames.join(", ")};
                   or all, one after the other, and a table of them
  --peers LIST     with --shape: of ${peerNames.join(", ")}, by commas (the default is all), or none;
                   they are installed from PyPI and Maven Central, and Spark needs Java and --servers=real
  --out FILE       where the figures go as JSON (default dist/bench/BENCHMARK.json)
`;

const defaultEvents: Readonly<Record<BenchmarkName, number>> = {
  throughput: 2_000_000,
  stages: 2_000_000,
  checkpoints: 2_000_000,
  ids: 1_000_000,
  live: 30_000,
  growth: 500_000,
  scenario: 500_000,
  verify: 2_000_000,
  panels: 0,
};

const count = (most: number) => wholeNumber(1, most, `an integer from 1 to ${most}`);

const peerList = z.string().transform((given, context): readonly PeerName[] => {
  const names = given === "none" ? [] : given.split(",");
  const unknown = names.filter((name) => !(peerNames as readonly string[]).includes(name));
  if (unknown.length > 0) context.addIssue({ code: "custom", message: `none, or a list of ${peerNames.join(", ")}` });
  return names as PeerName[];
});

const askedShapes = [...shapeNames, "all"] as const;

const schema = z
  .object({
    benchmark: z.enum(benchmarkNames).describe(benchmarkNames.join(", ")).default("throughput"),
    "--events": count(100_000_000).optional(),
    "--rounds": count(100).default(3),
    "--rows": count(100_000_000).default(10_000_000),
    "--servers": oneOf(serverKinds).default("embedded"),
    "--consumers": count(8).default(1),
    "--shape": z.enum(askedShapes).describe(askedShapes.join(", ")).optional(),
    "--peers": peerList.default([...peerNames]),
    "--out": text("a file name").optional(),
  })
  .refine((given) => given["--shape"] === undefined || given.benchmark === "throughput", {
    message: "--shape goes with throughput.",
  })
  .transform(({ benchmark, "--shape": shape, ...given }) => ({
    benchmark,
    shape,
    peers: given["--peers"],
    events:
      given["--events"] ?? (shape === undefined || shape === "all" ? defaultEvents[benchmark] : shapes[shape].events),
    /** Of a shape, where all are asked for. */
    eventsOf: (name: ShapeName) => given["--events"] ?? shapes[name].events,
    rounds: given["--rounds"],
    rows: given["--rows"],
    servers: given["--servers"],
    consumers: given["--consumers"],
    out: given["--out"] ?? `dist/bench/${shape === undefined ? benchmark : `shape-${shape}`}.json`,
  }));

export type BenchOptions = z.output<typeof schema>;

export const parseOptions = (args: readonly string[]): ParsedOptions<BenchOptions> => parse(schema, args);
