import type { IdScope, KeyLimit, PipelineTimes } from "@tidemark/pipeline";
import type { MonitorAddress } from "@tidemark/pipeline/monitor";
import { z } from "zod";
import { duration, flag, hostName, port, topic, wholeNumber } from "./option-types.js";

/** The variables that each program takes that runs a pipeline, whatever it runs on. */
export const pipelineVariables = {
  KAFKA_TOPIC: topic.optional(),
  KAFKA_GROUP: z
    .string()
    .regex(/^\S{1,255}$/)
    .describe("a group name of 1 to 255 characters without spaces")
    .optional(),
  PIPELINE: z.string().optional(),
  WATERMARK_DELAY: duration.optional(),
  ALLOWED_LATENESS: duration.optional(),
  MAX_FUTURE_SKEW: duration.optional(),
  KEYS_PER_WINDOW: wholeNumber(1, 10_000_000).optional(),
  KEYS_BEYOND: z.enum(["other", "reject"]).describe("other or reject").optional(),
  ID_SCOPE: z.enum(["partition", "topic"]).describe("partition or topic").optional(),
  METRICS_PORT: port(0).optional(),
  METRICS_HOST: hostName.default("127.0.0.1"),
  QUIET_AFTER: duration
    .refine((ms) => ms >= 1_000)
    .describe("a duration of 1s or more, such as 10m")
    .optional(),
  RETENTION_DAYS: z
    .string()
    .regex(/^[1-9]\d{0,4}$/)
    .transform(Number)
    .describe("a whole number of days from 1 to 99999")
    .optional(),
};

type Given = z.output<z.ZodObject<typeof pipelineVariables>>;

/** What `pipelineVariables` say. */
export interface PipelineVariables {
  /** A module that exports a pipeline; undefined: the flagship. */
  readonly pipeline: string | undefined;
  readonly topic: string | undefined;
  readonly group: string | undefined;
  /** Durations that replace those of the pipeline. */
  readonly times: Partial<PipelineTimes>;
  /** Replaces the limits of keys of the pipeline's rollups. */
  readonly keyLimit?: KeyLimit | undefined;
  /** Replaces the pipeline's. */
  readonly idScope?: IdScope | undefined;
  /** Where the program can be watched, if anywhere. */
  readonly monitor: MonitorAddress | undefined;
  /** Unset: all rows are kept. */
  readonly retentionDays?: number | undefined;
  /** Unset: a quiet partition holds back views and retention for ever. */
  readonly quietAfterMs?: number | undefined;
}

export function readPipelineVariables(given: Given): PipelineVariables {
  return {
    pipeline: given.PIPELINE,
    topic: given.KAFKA_TOPIC,
    group: given.KAFKA_GROUP,
    times: withoutUndefined({
      watermarkDelayMs: given.WATERMARK_DELAY,
      allowedLatenessMs: given.ALLOWED_LATENESS,
      maxFutureSkewMs: given.MAX_FUTURE_SKEW,
    }),
    keyLimit:
      given.KEYS_PER_WINDOW === undefined
        ? undefined
        : { perWindow: given.KEYS_PER_WINDOW, beyond: given.KEYS_BEYOND ?? "other" },
    idScope: given.ID_SCOPE,
    monitor: given.METRICS_PORT === undefined ? undefined : { host: given.METRICS_HOST, port: given.METRICS_PORT },
    retentionDays: given.RETENTION_DAYS,
    quietAfterMs: given.QUIET_AFTER,
  };
}

function withoutUndefined(times: {
  readonly [Name in keyof PipelineTimes]: number | undefined;
}): Partial<PipelineTimes> {
  return Object.fromEntries(Object.entries(times).filter(([, ms]) => ms !== undefined));
}

/** A check of the variables as a whole, and the message where it fails: `.refine(...keysGoTogether)`. */
export const keysGoTogether = [
  (given: Pick<Given, "KEYS_BEYOND" | "KEYS_PER_WINDOW">): boolean =>
    given.KEYS_BEYOND === undefined || given.KEYS_PER_WINDOW !== undefined,
  { message: "KEYS_BEYOND got no KEYS_PER_WINDOW beside it: set both, or only KEYS_PER_WINDOW." },
] as const;

/** How a program that prints what becomes of its pipeline does it. */
export const outputFlags = { "--show": flag, "--json": flag };

type Flags = z.output<z.ZodObject<typeof outputFlags>>;

/** As `keysGoTogether`. */
export const oneOutput = [
  (given: Flags): boolean => !(given["--show"] && given["--json"]),
  { message: "--show got true; it takes no --json beside it: choose one of the two." },
] as const;

export function readOutput(given: Flags): "status" | "show" | "json" {
  return given["--show"] ? "show" : given["--json"] ? "json" : "status";
}
