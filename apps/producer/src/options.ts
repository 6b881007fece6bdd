import { parseArgs } from "node:util";
import { presets } from "@tidemark/scenario";
import { z } from "zod";

const presetNames = Object.keys(presets).join(", ");

export const usage = `Sends a fake stream of social media figures to Kafka.

  --scenario NAME|FILE  ${presetNames}, or a JSON file;
                        default is the default
  --seed N              the stream's seed; a fresh one is drawn and printed otherwise
  --events N            how many to send, then exit; without it: all that the scenario has, or until Ctrl-C
  --rate N|max          events per second of event time and of the clock, in place of the scenario's;
                        max: by the scenario's rate, but without waiting (needs an end)
  --start TIME          arrival time of event 0, such as 2024-02-03T17:00:00Z (the default where the stream
                        has an end); otherwise the first event arrives now
  --start-index N       the first event's index: goes on where a run with the same seed and start ended
  --topic NAME          otherwise KAFKA_TOPIC, otherwise socmed-events
  --partitions N        of the topic, if it is to be created; otherwise 8
  --json                lines for machines on standard output
  --help

Environment: KAFKA_BROKERS (host:port, comma-separated), KAFKA_TOPIC, TIDEMARK_DIR.`;

export const DEFAULT_PARTITIONS = 8;

const whole = (from: number, to: number) =>
  z
    .string()
    .regex(/^\d{1,16}$/)
    .transform(Number)
    .refine((value) => value >= from && value <= to);

// 1970-01-02 to the year 9999, with a zone, so that it means the same everywhere.
const time = z.iso
  .datetime({ offset: true })
  .transform((text) => Date.parse(text))
  .refine((ms) => ms >= 86_400_000 && ms < 253_402_300_800_000);

const rate = z.union([
  z.literal("max"),
  z
    .string()
    .regex(/^\d+(\.\d+)?$/)
    .transform(Number)
    .refine((value) => value >= 1e-6 && value <= 1e6),
]);

const topic = z
  .string()
  .regex(/^[A-Za-z0-9._-]{1,249}$/)
  .refine((name) => name !== "." && name !== "..");

const schema = z.object({
  "--scenario": z.string().min(1).default("default"),
  "--seed": whole(0, Number.MAX_SAFE_INTEGER).optional(),
  "--events": whole(1, Number.MAX_SAFE_INTEGER).optional(),
  "--rate": rate.optional(),
  "--start": time.optional(),
  "--start-index": whole(0, Number.MAX_SAFE_INTEGER).default(0),
  "--topic": topic.optional(),
  "--partitions": whole(1, 10_000).optional(),
  "--json": z.boolean().default(false),
  KAFKA_TOPIC: topic.default("socmed-events"),
});

const TOPIC_TAKES = "1 to 249 of the characters A-Z a-z 0-9 . _ -";

const takes: Readonly<Record<keyof z.infer<typeof schema>, string>> = {
  "--scenario": `${presetNames} or a JSON file`,
  "--seed": `a whole number from 0 to ${Number.MAX_SAFE_INTEGER}`,
  "--events": "a whole number from 1 on",
  "--rate": "events per second, a number from 0.000001 to 1000000, or max",
  "--start": "a time with its zone, such as 2024-02-03T17:00:00Z, from 1970-01-02 to the year 9999",
  "--start-index": `a whole number from 0 to ${Number.MAX_SAFE_INTEGER}`,
  "--topic": TOPIC_TAKES,
  "--partitions": "a whole number from 1 to 10000",
  "--json": "no value",
  KAFKA_TOPIC: TOPIC_TAKES,
};

export interface ProducerOptions {
  /** A preset's name or a file. */
  readonly scenario: string;
  readonly seed: number | null;
  /** null: not asked for. */
  readonly events: number | null;
  /** Events per second; null: not asked for. */
  readonly rate: number | "max" | null;
  /** Arrival time of event 0 in epoch ms; null: not asked for. */
  readonly startMs: number | null;
  readonly startIndex: number;
  readonly topic: string;
  /** null: not asked for. */
  readonly partitions: number | null;
  readonly json: boolean;
}

export type ParsedOptions =
  | { readonly kind: "run"; readonly options: ProducerOptions }
  | { readonly kind: "help" }
  | { readonly kind: "wrong"; readonly problem: string };

/** The arguments and the environment as options, or what is wrong with them in one sentence. An empty variable counts as unset. */
export function parseOptions(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): ParsedOptions {
  const read = readArguments(args);
  if (typeof read === "string") return { kind: "wrong", problem: read };
  if (read.help === true) return { kind: "help" };
  const raw: Readonly<Record<string, unknown>> = {
    ...Object.fromEntries(Object.entries(read).map(([name, value]) => [`--${name}`, value])),
    KAFKA_TOPIC: env["KAFKA_TOPIC"] === "" ? undefined : env["KAFKA_TOPIC"],
  };
  const parsed = schema.safeParse(raw);
  if (!parsed.success) {
    const name = parsed.error.issues[0]?.path[0] as keyof typeof takes;
    return { kind: "wrong", problem: `${name} takes ${takes[name]}; got ${JSON.stringify(raw[name])}.` };
  }
  const { data } = parsed;
  const events = data["--events"] ?? null;
  const startIndex = data["--start-index"];
  if (startIndex + (events ?? 0) > Number.MAX_SAFE_INTEGER) {
    return { kind: "wrong", problem: `--start-index and --events add up to more than ${Number.MAX_SAFE_INTEGER}.` };
  }
  return {
    kind: "run",
    options: {
      scenario: data["--scenario"],
      seed: data["--seed"] ?? null,
      events,
      rate: data["--rate"] ?? null,
      startMs: data["--start"] ?? null,
      startIndex,
      topic: data["--topic"] ?? data.KAFKA_TOPIC,
      partitions: data["--partitions"] ?? null,
      json: data["--json"],
    },
  };
}

function readArguments(args: readonly string[]): Readonly<Record<string, string | boolean | undefined>> | string {
  const text = { type: "string" } as const;
  const flag = { type: "boolean" } as const;
  try {
    return parseArgs({
      args: [...args],
      strict: true,
      allowPositionals: false,
      options: {
        scenario: text,
        seed: text,
        events: text,
        rate: text,
        start: text,
        "start-index": text,
        topic: text,
        partitions: text,
        json: flag,
        help: flag,
      },
    }).values;
  } catch (error) {
    // Node's message goes on with advice on further lines or sentences.
    const [firstSentence = ""] = (error as Error).message.split(/\.?(?:\n|$|\. )/);
    return `${firstSentence}; --help lists the options.`;
  }
}
