import {
  flag,
  kafkaConnectionUsage,
  parseDuration,
  parseOptions as parse,
  rate,
  text,
  time,
  topic,
  wholeNumber,
  type ParsedOptions,
} from "@tidemark/cli";
import { presets } from "@tidemark/socmed/scenario";
import { z } from "zod";
import type { ViewChoice } from "./panels/views.js";

const presetNames = Object.keys(presets).join(", ");

export const usage = `Usage: nx run verify:run -- [options]

Checks the chain link by link and says where it broke: scenario -> log (with
--scenario), log -> tables, and tables -> panels. Tables are recomputed from
the log, panels from the rows of the tables, and compared by value.

  --topic NAME          otherwise KAFKA_TOPIC, otherwise socmed-events; with
                        --pipeline or PIPELINE, the topic that it has read
  --pipeline NAME       otherwise that of PIPELINE, otherwise the only one that
                        has read the topic into the database
  --prefix              records that no consumer has read yet are no difference
  --differences N       how many differences are told in full (default 10)
  --json                one JSON object on standard output
  --help                print this

What the producer was told, to check the log against it:

  --scenario NAME|FILE  ${presetNames},
                        or a JSON file
  --seed N              needed with --scenario
  --events N            how many were sent; otherwise all that the scenario has
  --rate N|max          otherwise the scenario's
  --start TIME          otherwise 2024-02-03T17:00:00Z
  --start-index N       otherwise 0

What of the panels is looked at; otherwise several views: all that there is, the
last day, hour and five minutes, some names only, and points 5 s apart:

  --at TIME             its end; otherwise that of the newest window
  --range DURATION|all  how long it is, such as 5m, 1h or 7d; otherwise all

A panel's rows have to be as many and in the same order; integers, times and
texts are compared exactly, rates and durations to 1e-12 (relative; below 1
absolutely). So are the rows of the dashboards' variables and annotations. The
size of the database has to be a positive number, and no more.

Only the flagship, the pipeline socmed, has panels that are compared. Of other
pipelines the rows of users' own tables are compared in the columns that the
definition names. That Postgres had a reason to refuse a row is not checked.

Not compared: of a checkpoint its group, epoch and updated_at; the wording of
rejections; headers of records; with the log, what consumers observed by the
clock (tidemark.progress); tables that are not the pipeline's own. Rows that
retention has dropped are counted only: "Equal from DATE on." Of a partition
whose log has lost records that were read: its rows; and then what all
partitions share, which are merged windows, closed, and ids of the topic.

Exit code 0: equal, 1: different, 2: nothing can be said, or not of all
partitions ("Not proven").

  KAFKA_BROKERS         host:port, several with commas
  DATABASE_URL          postgresql://user:password@host:5432/database
                        (both by default the running stack's)
${kafkaConnectionUsage}  KAFKA_MAX_BATCH_BYTES
                        how large a batch may be when it is unpacked
  KAFKA_TOPIC           the topic
  PIPELINE              FILE, or FILE#NAME where it exports several pipelines: a
                        module with a pipeline, as the consumer takes it
  TIDEMARK_DIR          default .tidemark: where the stack says its addresses
`;

const FLAGSHIP_TOPIC = "socmed-events";

/** The deck's day: where runs that can be repeated begin. */
const repeatableStartMs = Date.UTC(2024, 1, 3, 17);
/** The list of which event belongs where takes four bytes an event, and counts them in 32 bits. */
const mostEvents = 2 ** 32 - 1;

/** What the producer was told, as far as it was said. */
export interface RunOptions {
  /** A preset's name or a file. */
  readonly scenario: string;
  readonly seed: number;
  /** null: all that the scenario has. */
  readonly events: number | null;
  /** Events per second; null: the scenario's. */
  readonly rate: number | null;
  readonly startMs: number;
  readonly startIndex: number;
}

export interface ToolOptions {
  /** null: the only one that the pipeline has read, whose name or module is given. */
  readonly topic: string | null;
  /** null: that of the module, or the only one that has read the topic. */
  readonly pipeline: string | null;
  /** Exports a pipeline; null: none was given. */
  readonly module: string | null;
  /** Unset: the default of libs/sources. */
  readonly maxBatchBytes?: number | undefined;
  readonly prefix: boolean;
  readonly differences: number;
  readonly json: boolean;
  /** null: the log is not checked against what was sent. */
  readonly run: RunOptions | null;
  /** null: the views by default. */
  readonly view: ViewChoice | null;
}

const range = z
  .string()
  .transform((given) => (given === "all" ? given : (parseDuration(given) ?? 0)))
  .refine((value) => value === "all" || value >= 1_000)
  .describe("a duration from 1s to 366d, such as 5m, 1h or 7d, or all");

const object = z.object({
  "--topic": topic.optional(),
  "--pipeline": text("the name of a pipeline").optional(),
  "--prefix": flag,
  "--differences": wholeNumber(1, 10_000).default(10),
  "--json": flag,
  "--at": time.optional(),
  "--range": range.optional(),
  "--scenario": text(`${presetNames}, or a JSON file`).optional(),
  "--seed": wholeNumber(0, Number.MAX_SAFE_INTEGER).optional(),
  "--events": wholeNumber(1, mostEvents).optional(),
  "--rate": rate.optional(),
  "--start": time.optional(),
  "--start-index": wholeNumber(0, Number.MAX_SAFE_INTEGER - mostEvents).optional(),
  KAFKA_TOPIC: topic.optional(),
  KAFKA_MAX_BATCH_BYTES: wholeNumber(65_536, 2 ** 31 - 1).optional(),
  PIPELINE: text("a module that exports a pipeline").optional(),
});

type Given = z.output<typeof object>;

const schema = object
  .superRefine((given, context) => {
    const message = findRunProblem(given);
    if (message !== undefined) context.addIssue({ code: "custom", message });
  })
  .transform((given): ToolOptions => ({
    topic: given["--topic"] ?? given.KAFKA_TOPIC ?? (isFlagship(given) ? FLAGSHIP_TOPIC : null),
    pipeline: given["--pipeline"] ?? null,
    module: given.PIPELINE ?? null,
    maxBatchBytes: given.KAFKA_MAX_BATCH_BYTES,
    prefix: given["--prefix"],
    differences: given["--differences"],
    json: given["--json"],
    run: readRun(given),
    view: readView(given),
  }));

export const parseOptions = (
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): ParsedOptions<ToolOptions> => parse(schema, args, env);

const isFlagship = ({ PIPELINE: module, "--pipeline": pipeline }: Given): boolean =>
  module === undefined && pipeline === undefined;

function readView({ "--at": atMs, "--range": rangeMs }: Given): ViewChoice | null {
  if (atMs === undefined && rangeMs === undefined) return null;
  return { atMs: atMs ?? null, rangeMs: rangeMs ?? "all" };
}

function findRunProblem(given: Given): string | undefined {
  if (given["--scenario"] !== undefined) {
    return given["--seed"] === undefined ? "--scenario needs --seed: the producer printed it." : undefined;
  }
  const names = ["--seed", "--events", "--rate", "--start", "--start-index"] as const;
  const alone = names.find((name) => given[name] !== undefined);
  return alone && `${alone} says what a scenario was sent with; it needs --scenario.`;
}

function readRun({
  "--scenario": scenario,
  "--seed": seed,
  "--rate": given = "max",
  ...rest
}: Given): RunOptions | null {
  if (scenario === undefined || seed === undefined) return null;
  return {
    scenario,
    seed,
    events: rest["--events"] ?? null,
    rate: given === "max" ? null : given,
    startMs: rest["--start"] ?? repeatableStartMs,
    startIndex: rest["--start-index"] ?? 0,
  };
}
