import {
  flag,
  kafkaConnectionUsage,
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

const presetNames = Object.keys(presets).join(", ");

export const usage = `Sends a fake stream of social media figures to Kafka.

  --scenario NAME|FILE  ${presetNames}, or a JSON file;
                        default is the default
  --seed N              the stream's seed; a fresh one is drawn and printed otherwise
  --events N            how many to send, then exit; without it: all that the scenario has, or until Ctrl-C
  --rate N|max          events per second of event time and of the clock, in place of the scenario's;
                        max: by the scenario's rate, but without waiting (needs an end)
  --speed N             seconds of event time that pass in a second of the clock; 1 otherwise
  --start TIME          arrival time of event 0, such as 2024-02-03T17:00:00Z (the default where the stream
                        has an end); otherwise the first event arrives now
  --start-index N       the first event's index: goes on where a run with the same seed and start ended
  --topic NAME          otherwise KAFKA_TOPIC, otherwise socmed-events
  --partitions N        of the topic, if it is to be created; otherwise 8
  --json                lines for machines on standard output
  --help

Environment: KAFKA_BROKERS (host:port, comma-separated), KAFKA_TOPIC, TIDEMARK_DIR, and for KAFKA_BROKERS:

${kafkaConnectionUsage}`;

export const DEFAULT_PARTITIONS = 8;

export interface ProducerOptions {
  /** A preset's name or a file. */
  readonly scenario: string;
  readonly seed: number | null;
  /** null: not asked for. */
  readonly events: number | null;
  /** Events per second; null: not asked for. */
  readonly rate: number | "max" | null;
  /** Event time over the clock's. */
  readonly speed: number;
  /** Arrival time of event 0 in epoch ms; null: not asked for. */
  readonly startMs: number | null;
  readonly startIndex: number;
  readonly topic: string;
  /** null: not asked for. */
  readonly partitions: number | null;
  readonly json: boolean;
}

const most = Number.MAX_SAFE_INTEGER;

const speed = z
  .string()
  .regex(/^\d{1,6}(\.\d{1,3})?$/)
  .transform(Number)
  .refine((value) => value > 0 && value <= 100_000)
  .describe("a number from 0.001 to 100000");

const schema = z
  .object({
    "--scenario": text(`${presetNames} or a JSON file`).default("default"),
    "--seed": wholeNumber(0, most).optional(),
    "--events": wholeNumber(1, most, "a whole number from 1 on").optional(),
    "--rate": rate.optional(),
    "--speed": speed.default(1),
    "--start": time.optional(),
    "--start-index": wholeNumber(0, most).default(0),
    "--topic": topic.optional(),
    "--partitions": wholeNumber(1, 10_000).optional(),
    "--json": flag,
    KAFKA_TOPIC: topic.default("socmed-events"),
  })
  .refine((given) => given["--start-index"] + (given["--events"] ?? 0) <= most, {
    message: `--start-index and --events add up to more than ${most}.`,
  })
  .transform((given): ProducerOptions => ({
    scenario: given["--scenario"],
    seed: given["--seed"] ?? null,
    events: given["--events"] ?? null,
    rate: given["--rate"] ?? null,
    speed: given["--speed"],
    startMs: given["--start"] ?? null,
    startIndex: given["--start-index"],
    topic: given["--topic"] ?? given.KAFKA_TOPIC,
    partitions: given["--partitions"] ?? null,
    json: given["--json"],
  }));

export const parseOptions = (
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): ParsedOptions<ProducerOptions> => parse(schema, args, env);
