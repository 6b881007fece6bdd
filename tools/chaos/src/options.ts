import { duration, flag, oneOf, parseOptions as parse, text, wholeNumber, type ParsedOptions } from "@tidemark/cli";
import { z } from "zod";
import { shortestMs } from "./schedule.js";

export const usage = `Usage: nx run chaos:run -- --seed N --minutes M [options]

Runs a producer (scenario dirty) and consumers as processes, with a Kafka and a
Postgres of their own, and kills, stops, cuts off and restarts them by a seeded
schedule that it prints. Then all is mended, and when all is caught up, the
tables are recomputed from the log and compared by value.

  --seed N              of the schedule and of the scenario
  --minutes M           how long there are faults, such as 0.5 or 35
  --engine NAME         consumer (default), or spark: the job on a cluster of a
                        master and two workers on loopback, which are killed,
                        and which the consumer takes turns with; needs Java 17
                        and Python 3.11
  --consumers N         1 to 4 (default 4)
  --rate N              events a second (default 1000)
  --kafka KIND          embedded (default), or real: Apache Kafka, which needs
                        Java 17 and, the first time, Maven and the network
  --postgres KIND|DIR   embedded (default), or a directory with the binaries of
                        another Postgres, such as /usr/lib/postgresql/15/bin
  --secured             TLS to both servers, SASL to Kafka; needs openssl and
                        --kafka real
  --compression NAME    of the topic: gzip, snappy, lz4 or zstd; needs
                        --kafka real
  --failover MINUTES    how often a standby takes the place of Postgres
  --speed N             seconds of event time in a second (default 1)
  --retention-days N    RETENTION_DAYS of the consumers
  --copies              a tenth of the records is sent again to other
                        partitions, and ID_SCOPE of the consumers is topic
  --quiet-after TIME    QUIET_AFTER of the consumers, such as 1s; with a low
                        --rate, partitions become quiet and come back
  --out FILE            schedule, counts and verdict as JSON
  --help                print this

Exit code 0: equal, 1: different or not caught up, 2: wrong options, or a
server that cannot be had.
`;

const shortestMinutes = Math.ceil(shortestMs / 6_000) / 10;
const longestMinutes = 24 * 60;

export interface ChaosOptions {
  readonly engine: "consumer" | "spark";
  readonly seed: number;
  readonly minutes: number;
  readonly consumers: number;
  /** Events a second of the clock. */
  readonly rate: number;
  readonly kafka: "embedded" | "real";
  /** A directory of binaries; null: those from npm. */
  readonly postgresBinaries: string | null;
  readonly secured: boolean;
  /** What the broker compresses the topic by; null: as it comes. */
  readonly compression: string | null;
  /** From one failover to the next, in ms; null: there is no standby. */
  readonly failoverEveryMs: number | null;
  /** Event time over the clock's. */
  readonly speed: number;
  /** null: nothing is dropped. */
  readonly retentionDays: number | null;
  /** Some records are sent again to other partitions, and counted once. */
  readonly copies: boolean;
  /** In ms; null: partitions that are quiet hold back views and retention. */
  readonly quietAfterMs: number | null;
  /** null: none is asked for. */
  readonly out: string | null;
}

/** Of all but seed and length. */
export const defaultOptions: Omit<ChaosOptions, "seed" | "minutes"> = {
  engine: "consumer",
  consumers: 4,
  rate: 1_000,
  kafka: "embedded",
  postgresBinaries: null,
  secured: false,
  compression: null,
  failoverEveryMs: null,
  speed: 1,
  retentionDays: null,
  copies: false,
  quietAfterMs: null,
  out: null,
};

const minutesFrom = (least: number) =>
  z
    .string()
    .regex(/^\d{1,4}(\.\d{1,3})?$/)
    .transform(Number)
    .refine((value) => value >= least && value <= longestMinutes)
    .describe(`minutes from ${least} to ${longestMinutes}, such as 1.5`);

/** Whether something is asked for that the consumer's runs alone have. */
function hasConsumerOptions(given: Readonly<Record<string, unknown>>): boolean {
  const names = ["--secured", "--compression", "--failover", "--retention-days", "--copies", "--quiet-after"];
  return names.some((name) => given[name] !== undefined && given[name] !== false);
}

const schema = z
  .object({
    "--seed": wholeNumber(0, Number.MAX_SAFE_INTEGER),
    "--minutes": minutesFrom(shortestMinutes),
    "--engine": oneOf(["consumer", "spark"]).default(defaultOptions.engine),
    "--consumers": wholeNumber(1, 4).default(defaultOptions.consumers),
    "--rate": wholeNumber(10, 20_000).default(defaultOptions.rate),
    "--kafka": oneOf(["embedded", "real"]).default(defaultOptions.kafka),
    "--postgres": text("embedded, or a directory with initdb and postgres in it").default("embedded"),
    "--secured": flag,
    "--compression": oneOf(["gzip", "snappy", "lz4", "zstd"]).optional(),
    "--failover": minutesFrom(1).optional(),
    "--speed": wholeNumber(1, 10_000).default(defaultOptions.speed),
    "--retention-days": wholeNumber(1, 36_500).optional(),
    "--copies": flag,
    "--quiet-after": duration
      .refine((ms) => ms >= 1_000)
      .describe("a duration of 1s or more, such as 10m")
      .optional(),
    "--out": text("a file's name").optional(),
  })
  .refine((given) => given["--kafka"] === "real" || (!given["--secured"] && given["--compression"] === undefined), {
    message: "--secured and --compression need --kafka real.",
  })
  .refine((given) => given["--engine"] === "consumer" || !hasConsumerOptions(given), {
    message: "--engine spark takes --seed, --minutes, --rate, --kafka, --postgres and --out alone.",
  })
  .transform((given): ChaosOptions => ({
    engine: given["--engine"],
    seed: given["--seed"],
    minutes: given["--minutes"],
    consumers: given["--consumers"],
    rate: given["--rate"],
    kafka: given["--kafka"],
    postgresBinaries: given["--postgres"] === "embedded" ? null : given["--postgres"],
    secured: given["--secured"],
    compression: given["--compression"] ?? null,
    failoverEveryMs: given["--failover"] === undefined ? null : given["--failover"] * 60_000,
    speed: given["--speed"],
    retentionDays: given["--retention-days"] ?? null,
    copies: given["--copies"],
    quietAfterMs: given["--quiet-after"] ?? null,
    out: given["--out"] ?? null,
  }));

export const parseOptions = (args: readonly string[]): ParsedOptions<ChaosOptions> => parse(schema, args);
