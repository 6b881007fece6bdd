import { z } from "zod";
import type { EngineFaults } from "./faults.js";
import { pipelineOf } from "./foresight.js";
import { wholeRange } from "./ranges.js";

const DAY_SECONDS = 86_400;
const YEARS_SECONDS = 100 * 366 * DAY_SECONDS;

const perSecond = z.number().min(1e-6).max(1e6);
const seconds = z.number().min(0.001).max(YEARS_SECONDS);

const rate = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("constant"), perSecond }),
  z.strictObject({
    kind: z.literal("ramp"),
    fromPerSecond: z.number().min(0).max(1e6),
    toPerSecond: perSecond,
    overSeconds: seconds,
  }),
  z.strictObject({
    kind: z.literal("sine"),
    perSecond,
    amplitude: z.number().min(0).max(1),
    periodSeconds: seconds,
  }),
  z.strictObject({
    kind: z.literal("steps"),
    steps: z
      .array(z.strictObject({ perSecond: z.number().min(0).max(1e6), forSeconds: seconds }))
      .min(1)
      .max(1000)
      .refine(
        (steps) => (steps.at(-1)?.perSecond ?? 0) > 0,
        "the last step goes on for ever, so its rate must be above 0",
      ),
  }),
  z
    .strictObject({
      kind: z.literal("burst"),
      perSecond,
      burstPerSecond: perSecond,
      everySeconds: seconds,
      burstSeconds: seconds,
    })
    .refine((burst) => burst.burstSeconds < burst.everySeconds, "burstSeconds must be less than everySeconds"),
]);

/** How many events a second arrive, over all places. */
export type RateCurve = z.infer<typeof rate>;

/** A stretch of time, as a part of a schema. */
export const stretchSchemas = {
  fromSeconds: z.number().min(0).max(YEARS_SECONDS).describe("since the start"),
  forSeconds: seconds,
};

/** The wrong clocks of producers; `where` is what limits a clock to some places. */
const clocks = <Where extends z.core.$ZodLooseShape>(where: Where) =>
  z
    .array(
      z.strictObject({
        ...where,
        ...stretchSchemas,
        aheadSeconds: z.int().min(-DAY_SECONDS).max(DAY_SECONDS).describe("by how much the producer's clock is wrong"),
        timestamps: z.boolean().optional().describe("false: its records have no timestamp (true)"),
      }),
    )
    .max(100)
    .optional()
    .describe("producers whose whole clock is wrong, or who send no timestamps");

/** The fields of a scenario that every model has, for the schema of a model's own. */
export const baseSchemas = {
  $schema: z.string().optional(),
  name: z.string().min(1).max(100),
  rate,
  events: z
    .int()
    .min(1)
    .max(2 ** 50)
    .optional()
    .describe("how many events it has, where it has an end"),
  pace: z.enum(["clock", "max"]).optional().describe("max: as fast as possible, unless a rate is asked for"),
  clocks,
  delaySeconds: wholeRange(0, DAY_SECONDS).describe("how far Ts lies before the arrival: whole seconds, uniform"),
  pipeline: z
    .strictObject({
      watermarkDelaySeconds: z.int().min(0).max(DAY_SECONDS),
      allowedLatenessSeconds: z.int().min(0).max(DAY_SECONDS),
      maxFutureSkewSeconds: z.int().min(0).max(DAY_SECONDS),
      windowSeconds: z.int().min(1).max(DAY_SECONDS),
    })
    .optional()
    .describe("the pipeline whose verdicts the labels foretell: 300, 0, 60 and 5"),
};

/** A producer's wrong clock, wherever it is. */
interface WrongClock {
  readonly fromSeconds: number;
  readonly forSeconds: number;
  readonly aheadSeconds: number;
  readonly timestamps?: boolean | undefined;
}

/** What the engine needs of any scenario. */
export interface BaseScenario {
  readonly name: string;
  readonly rate: RateCurve;
  readonly events?: number | undefined;
  readonly pace?: "clock" | "max" | undefined;
  readonly clocks?: readonly WrongClock[] | undefined;
  readonly delaySeconds: readonly [number, number];
  readonly faults?: EngineFaults | undefined;
  readonly pipeline?: z.infer<typeof baseSchemas.pipeline>;
}

/** An entry of a scenario's clocks: where and when the clock is wrong. */
export type ClockLimits<Scenario extends BaseScenario> = NonNullable<Scenario["clocks"]>[number];

/** What one field of any scenario says of another: to be called by the `superRefine` of a model's schema. */
export function checkBaseScenario(scenario: Omit<BaseScenario, "name">, context: z.RefinementCtx): void {
  const { maxFutureSkewSeconds } = pipelineOf(scenario);
  if ((scenario.faults?.ahead?.aheadSeconds[1] ?? 0) > maxFutureSkewSeconds) {
    const message = `beyond the allowed skew of ${maxFutureSkewSeconds} s: that is the fault future`;
    context.addIssue({ code: "custom", path: ["faults", "ahead", "aheadSeconds"], message });
  }
  if (scenario.pace === "max" && scenario.events === undefined) {
    context.addIssue({ code: "custom", path: ["pace"], message: "as fast as possible needs an end: give events" });
  }
}
