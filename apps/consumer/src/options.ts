import { parseArgs } from "node:util";
import { z } from "zod";
import { parseDuration } from "./duration.js";
import type { MonitorAddress } from "./monitor/server.js";

export const usage = `Usage: nx run consumer:serve [--until-caught-up] [--accept-loss] [--show | --json]

Reads the topic's events from Kafka, gives them their rates and windows, and writes them to Postgres exactly once.

  --until-caught-up  read to the end offsets that stood at the start, commit, exit 0
  --accept-loss      go on where records were deleted from Kafka before they were read, and count them as lost
  --show             print each batch as a table
  --json             print progress as lines of JSON
  --help             print this

  KAFKA_BROKERS      host:port, several with commas (default: the running stack's)
  KAFKA_TOPIC        default socmed-events
  KAFKA_GROUP        default tidemark
  DATABASE_URL       postgresql://user:password@host:5432/database (default: the running stack's)
  WATERMARK_DELAY    default 5m: how far behind the highest event time the watermark stays
  ALLOWED_LATENESS   default 0s: how long a window still takes events after it closed
  MAX_FUTURE_SKEW    default 1m: an event further than this ahead of its record's timestamp is quarantined
  STOP_TIMEOUT       default 10s: how long a stop waits for Postgres to take what was read; a second signal doesn't wait
  METRICS_PORT       serves /healthz, /readyz and /metrics (Prometheus) there; 0 is any free port; unset serves nothing
  METRICS_HOST       default 127.0.0.1
  RETENTION_DAYS     drop raw, late, rejected rows and 5 s windows older than so many days before the lowest
                     partition watermark (default: all rows are kept; 1 min windows always are)
  TIDEMARK_DIR       default .tidemark: where the stack says its addresses
`;

const duration = (fallback: string) =>
  z
    .string()
    .default(fallback)
    .transform((text, context) => {
      const ms = parseDuration(text);
      if (ms !== undefined) return ms;
      context.addIssue({ code: "custom", message: "a duration of at most 366d, such as 5m, 90s or 250ms" });
      return z.NEVER;
    });

const days = z
  .string()
  .regex(/^[1-9]\d{0,4}$/, "a whole number of days from 1 to 99999")
  .transform(Number)
  .optional();

const schema = z
  .object({
    "--until-caught-up": z.boolean().default(false),
    "--accept-loss": z.boolean().default(false),
    "--show": z.boolean().default(false),
    "--json": z.boolean().default(false),
    KAFKA_TOPIC: z
      .string()
      .regex(/^(?!\.{1,2}$)[\w.-]{1,249}$/, "a topic name of 1 to 249 letters, digits, dots, dashes or underscores")
      .default("socmed-events"),
    KAFKA_GROUP: z
      .string()
      .regex(/^\S{1,255}$/, "a group name of 1 to 255 characters without spaces")
      .default("tidemark"),
    WATERMARK_DELAY: duration("5m"),
    ALLOWED_LATENESS: duration("0s"),
    MAX_FUTURE_SKEW: duration("1m"),
    STOP_TIMEOUT: duration("10s"),
    METRICS_PORT: z
      .string()
      .refine((text) => /^\d{1,5}$/.test(text) && Number(text) <= 65_535, "a port from 0 to 65535")
      .transform(Number)
      .optional(),
    METRICS_HOST: z.string().regex(/^\S+$/, "a host name or address").default("127.0.0.1"),
    RETENTION_DAYS: days,
  })
  .refine((options) => !(options["--show"] && options["--json"]), {
    path: ["--show"],
    message: "no --json beside it: choose one of the two",
  });

export interface ConsumerOptions {
  readonly untilCaughtUp: boolean;
  /** Goes on behind records that are gone; else they end the consumer. */
  readonly acceptLoss: boolean;
  readonly output: "status" | "show" | "json";
  readonly topic: string;
  readonly group: string;
  readonly watermarkDelayMs: number;
  readonly allowedLatenessMs: number;
  readonly maxFutureSkewMs: number;
  /** How long a stop waits for Postgres to take what was read. */
  readonly stopTimeoutMs: number;
  /** Where the consumer can be watched, if anywhere. */
  readonly monitor: MonitorAddress | undefined;
  /** Unset: all rows are kept. */
  readonly retentionDays?: number | undefined;
}

export type ParsedOptions =
  | { readonly kind: "run"; readonly options: ConsumerOptions }
  | { readonly kind: "help" }
  | { readonly kind: "wrong"; readonly problem: string };

/** Reads arguments and environment through one schema. A wrong one gives one sentence: its name, what it got, what it takes. */
export function parseOptions(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): ParsedOptions {
  let values: Record<string, unknown>;
  try {
    values = parseArgs({
      args: [...args],
      options: {
        "until-caught-up": { type: "boolean" },
        "accept-loss": { type: "boolean" },
        show: { type: "boolean" },
        json: { type: "boolean" },
        help: { type: "boolean", short: "h" },
      },
    }).values;
  } catch (error) {
    const detail = error instanceof Error ? error.message.split(". ")[0] : String(error);
    return { kind: "wrong", problem: `${detail}. See --help.` };
  }
  if (values["help"] === true) return { kind: "help" };
  const given = {
    ...Object.fromEntries(Object.entries(values).map(([name, value]) => [`--${name}`, value])),
    // An empty variable is an unset one.
    ...Object.fromEntries(Object.entries(env).filter(([, value]) => value !== "" && value !== undefined)),
  };
  const parsed = schema.safeParse(given);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const name = String(issue?.path[0] ?? "options");
    const got = name in given ? JSON.stringify(given[name as keyof typeof given]) : "nothing";
    return { kind: "wrong", problem: `${name} got ${got}; it takes ${issue?.message ?? "something else"}.` };
  }
  const { data } = parsed;
  return {
    kind: "run",
    options: {
      untilCaughtUp: data["--until-caught-up"],
      acceptLoss: data["--accept-loss"],
      output: data["--show"] ? "show" : data["--json"] ? "json" : "status",
      topic: data.KAFKA_TOPIC,
      group: data.KAFKA_GROUP,
      watermarkDelayMs: data.WATERMARK_DELAY,
      allowedLatenessMs: data.ALLOWED_LATENESS,
      maxFutureSkewMs: data.MAX_FUTURE_SKEW,
      stopTimeoutMs: data.STOP_TIMEOUT,
      monitor: data.METRICS_PORT === undefined ? undefined : { host: data.METRICS_HOST, port: data.METRICS_PORT },
      retentionDays: data.RETENTION_DAYS,
    },
  };
}
