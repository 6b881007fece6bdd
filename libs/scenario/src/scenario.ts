import { MAX_COUNT, MAX_NAME_LENGTH } from "@tidemark/schema";
import { z } from "zod";

const DAY_SECONDS = 86_400;

const names = z
  .array(z.string().trim().min(1).max(MAX_NAME_LENGTH))
  .min(1)
  .max(1000)
  .refine((list) => new Set(list).size === list.length, "the names must differ");

const share = z.number().min(0).max(1);

const rangeUpTo = (max: number) =>
  z
    .tuple([z.int().min(0).max(max), z.int().min(0).max(max)])
    .refine(([from, to]) => from <= to, "the range must be [from, to] with from <= to");

const faultsSchema = z
  .strictObject({
    late: z.strictObject({ share, delaySeconds: rangeUpTo(DAY_SECONDS) }),
    duplicate: z.strictObject({ share, withinEvents: z.int().min(1).max(1000) }),
    malformed: z.strictObject({ share }),
    zeroVisitors: z.strictObject({ share }),
  })
  .refine(
    (faults) => faults.late.share + faults.duplicate.share + faults.malformed.share + faults.zeroVisitors.share <= 1,
    "the shares add up to more than 1",
  );

const scenarioSchema = z.strictObject({
  name: z.string().min(1).max(100),
  cities: names,
  platforms: names,
  /** Events per second of event time, over all cities and platforms. */
  ratePerSecond: z.number().min(1e-6).max(1e6),
  /** Each counter is drawn uniformly from its range, both ends included. */
  counters: z.strictObject({
    Usage_Count: rangeUpTo(MAX_COUNT),
    Sales: rangeUpTo(MAX_COUNT),
    Visitors: rangeUpTo(MAX_COUNT),
    PageVisitors: rangeUpTo(MAX_COUNT),
    Conversion: rangeUpTo(MAX_COUNT),
  }),
  /** How far Ts lies before the arrival time: whole seconds, uniform, both ends included. */
  delaySeconds: rangeUpTo(DAY_SECONDS),
  /** Shares are fractions of all events, 0..1; what they leave is ordinary. */
  faults: faultsSchema,
});

/** What a fake stream is like, as plain data: it can be written as JSON. */
export type Scenario = z.infer<typeof scenarioSchema>;

/** A scenario, or every reason why the data is none. */
export type ParsedScenario =
  { readonly ok: true; readonly scenario: Scenario } | { readonly ok: false; readonly problems: readonly string[] };

/** Checks data that came from JSON. Unknown keys are problems, so that a misspelt one is not ignored. It never throws. */
export function parseScenario(json: unknown): ParsedScenario {
  const result = scenarioSchema.safeParse(json);
  if (result.success) return { ok: true, scenario: result.data };
  return {
    ok: false,
    problems: result.error.issues.map((issue) =>
      issue.path.length === 0 ? issue.message : `${issue.path.join(".")}: ${issue.message}`,
    ),
  };
}
