import { parseArgs } from "node:util";
import { presets } from "@tidemark/scenario";
import { z } from "zod";
import type { ViewChoice } from "./panels/views.js";

const presetNames = Object.keys(presets).join(", ");

export const usage = `Usage: nx run verify:run -- [options]

Checks the chain link by link and says where it broke: scenario -> log (with
--scenario), log -> tables, and tables -> panels. Tables are recomputed from
the log, panels from the rows of the tables, and compared by value.

  --topic NAME          otherwise KAFKA_TOPIC, otherwise socmed-events
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

Not compared: of a checkpoint its group, epoch and updated_at; the wording of
rejections; headers of records; with the log, what consumers observed by the
clock (tidemark.progress); tables that are not the pipeline's own. Rows that
retention has dropped are counted only: "Equal from DATE on."

Exit code 0: equal, 1: different, 2: nothing can be said.

  KAFKA_BROKERS         host:port, several with commas
  DATABASE_URL          postgresql://user:password@host:5432/database
                        (both by default the running stack's)
  KAFKA_TOPIC           the topic
  TIDEMARK_DIR          default .tidemark: where the stack says its addresses
`;

/** The deck's day: where runs that can be repeated begin. */
const repeatableStartMs = Date.UTC(2024, 1, 3, 17);
/** The list of which event belongs where takes four bytes an event, and counts them in 32 bits. */
const mostEvents = 2 ** 32 - 1;

const whole = (from: number, to: number) => {
  const takes = `a whole number from ${from} to ${to}`;
  return z
    .string()
    .regex(/^\d{1,16}$/, takes)
    .transform(Number)
    .refine((value) => value >= from && value <= to, takes);
};

const timeTakes = "a time with its zone, such as 2024-02-03T17:00:00Z, from 1970-01-02 to the year 9999";
const time = z.iso
  .datetime({ offset: true, error: timeTakes })
  .transform((text) => Date.parse(text))
  .refine((ms) => ms >= 86_400_000 && ms < 253_402_300_800_000, timeTakes);

const rateTakes = "events per second, a number from 0.000001 to 1000000, or max";
const rate = z
  .string()
  .regex(/^(max|\d+(\.\d+)?)$/, rateTakes)
  .transform((text) => (text === "max" ? null : Number(text)))
  .refine((value) => value === null || (value >= 1e-6 && value <= 1e6), rateTakes);

const rangeTakes = "a duration from 1s to 366d, such as 5m, 1h or 7d, or all";
const unitsMs: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const range = z
  .string()
  .regex(/^(all|\d{1,8}[smhd])$/, rangeTakes)
  .transform((text) => (text === "all" ? text : Number(text.slice(0, -1)) * (unitsMs[text.slice(-1)] ?? Number.NaN)))
  .refine((value) => value === "all" || (value >= 1_000 && value <= 366 * 86_400_000), rangeTakes);

const topic = z
  .string()
  .regex(/^(?!\.{1,2}$)[\w.-]{1,249}$/, "a topic name of 1 to 249 letters, digits, dots, dashes or underscores");

const schema = z.object({
  "--topic": topic.optional(),
  "--prefix": z.boolean().default(false),
  "--differences": whole(1, 10_000).prefault("10"),
  "--json": z.boolean().default(false),
  "--at": time.optional(),
  "--range": range.optional(),
  "--scenario": z.string().min(1, `${presetNames}, or a JSON file`).optional(),
  "--seed": whole(0, Number.MAX_SAFE_INTEGER).optional(),
  "--events": whole(1, mostEvents).optional(),
  "--rate": rate.optional(),
  "--start": time.optional(),
  "--start-index": whole(0, Number.MAX_SAFE_INTEGER - mostEvents).optional(),
  KAFKA_TOPIC: topic.default("socmed-events"),
});

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
  readonly topic: string;
  readonly prefix: boolean;
  readonly differences: number;
  readonly json: boolean;
  /** null: the log is not checked against what was sent. */
  readonly run: RunOptions | null;
  /** null: the views by default. */
  readonly view: ViewChoice | null;
}

export type ParsedOptions =
  | { readonly kind: "run"; readonly options: ToolOptions }
  | { readonly kind: "help" }
  | { readonly kind: "wrong"; readonly problem: string };

/** Reads arguments and environment through one schema. A wrong one gives one sentence: its name, what it got, what it takes. */
export function parseOptions(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): ParsedOptions {
  const read = readArguments(args);
  if (typeof read === "string") return { kind: "wrong", problem: read };
  if (read["help"] === true) return { kind: "help" };
  const given: Readonly<Record<string, unknown>> = {
    ...Object.fromEntries(Object.entries(read).map(([name, value]) => [`--${name}`, value])),
    // An empty variable is an unset one.
    KAFKA_TOPIC: env["KAFKA_TOPIC"] === "" ? undefined : env["KAFKA_TOPIC"],
  };
  const parsed = schema.safeParse(given);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const name = String(issue?.path[0]);
    return { kind: "wrong", problem: `${name} got ${JSON.stringify(given[name])}; it takes ${issue?.message}.` };
  }
  const run = readRun(parsed.data);
  if (typeof run === "string") return { kind: "wrong", problem: run };
  const { data } = parsed;
  return {
    kind: "run",
    options: {
      topic: data["--topic"] ?? data.KAFKA_TOPIC,
      prefix: data["--prefix"],
      differences: data["--differences"],
      json: data["--json"],
      run,
      view: readView(data),
    },
  };
}

function readView({ "--at": atMs, "--range": rangeMs }: z.infer<typeof schema>): ViewChoice | null {
  if (atMs === undefined && rangeMs === undefined) return null;
  return { atMs: atMs ?? null, rangeMs: rangeMs ?? "all" };
}

function readRun(data: z.infer<typeof schema>): RunOptions | null | string {
  const scenario = data["--scenario"];
  if (scenario === undefined) {
    const alone = (["--seed", "--events", "--rate", "--start", "--start-index"] as const).find(
      (name) => data[name] !== undefined,
    );
    return alone === undefined ? null : `${alone} says what a scenario was sent with; it needs --scenario.`;
  }
  const seed = data["--seed"];
  if (seed === undefined) return "--scenario needs --seed: the producer printed it.";
  return {
    scenario,
    seed,
    events: data["--events"] ?? null,
    rate: data["--rate"] ?? null,
    startMs: data["--start"] ?? repeatableStartMs,
    startIndex: data["--start-index"] ?? 0,
  };
}

function readArguments(args: readonly string[]): Readonly<Record<string, string | boolean | undefined>> | string {
  const text = { type: "string" } as const;
  const flag = { type: "boolean" } as const;
  try {
    return parseArgs({
      args: [...args],
      options: {
        topic: text,
        prefix: flag,
        differences: text,
        json: flag,
        at: text,
        range: text,
        scenario: text,
        seed: text,
        events: text,
        rate: text,
        start: text,
        "start-index": text,
        help: { type: "boolean", short: "h" },
      },
    }).values;
  } catch (error) {
    // Node's message goes on with advice on further lines or sentences.
    const [firstSentence = ""] = (error as Error).message.split(/\.?(?:\n|$|\. )/);
    return `${firstSentence}. See --help.`;
  }
}
