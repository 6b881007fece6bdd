import { eventSchema, MAX_COUNT } from "@tidemark/schema";
import { z } from "zod";
import { faultsSchema } from "./faults.js";
import { pipelineOf } from "./foresight.js";
import { numberRange, wholeRange } from "./ranges.js";

const DAY_SECONDS = 86_400;
const YEARS_SECONDS = 100 * 366 * DAY_SECONDS;
const MAX_PAIRS = 10_000;

// As on the wire, so that no event is rejected for its names.
const name = eventSchema.shape.Kota;
export { name as nameSchema };
const factor = z.number().min(0).max(1000);
const perSecond = z.number().min(1e-6).max(1e6);
const seconds = z.number().min(0.001).max(YEARS_SECONDS);

const weight = factor.optional().describe("how often it is drawn beside the others (1)");

const cities = z
  .array(z.union([name, z.strictObject({ name, weight })]))
  .min(1)
  .max(1000)
  .refine(haveDifferentNames, "the names must differ");

const platforms = z
  .array(
    z.union([
      name,
      z.strictObject({
        name,
        weight,
        bounce: factor.optional().describe("its bounce rate beside the others' (1)"),
        conversion: factor.optional().describe("its conversion rate beside the others' (1)"),
      }),
    ]),
  )
  .min(1)
  .max(1000)
  .refine(haveDifferentNames, "the names must differ");

function haveDifferentNames(list: readonly (string | { readonly name: string })[]): boolean {
  return new Set(list.map(nameOf)).size === list.length;
}

/** A place's name, however it was given. */
export function nameOf(place: string | { readonly name: string }): string {
  return typeof place === "string" ? place : place.name;
}

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

/** How many events a second arrive, over all cities and platforms. */
export type RateCurve = z.infer<typeof rate>;

const season = z.strictObject({
  utcOffsetMinutes: z.int().min(-1440).max(1440).describe("local time minus UTC"),
  daily: z.array(factor).length(24).describe("factor at each full hour of local time, a straight line between them"),
  weekly: z.array(factor).length(7).describe("factor of each local day, Monday first"),
});

const counter = wholeRange(0, MAX_COUNT);
const fraction = numberRange(0, 1);

const traffic = z.discriminatedUnion("kind", [
  z
    .strictObject({
      kind: z.literal("independent"),
      Usage_Count: counter,
      Sales: counter,
      Visitors: counter,
      PageVisitors: counter,
      Conversion: counter,
    })
    .describe("each counter uniform in its range, whatever the others are"),
  z
    .strictObject({
      kind: z.literal("funnel"),
      visitors: counter.describe("before the season's and the spikes' factors"),
      usagePerVisitor: numberRange(0, 1000),
      bounceRate: fraction.describe("of the visitors: PageVisitors; the others are engaged"),
      conversionRate: fraction.describe("of the engaged"),
      saleRate: fraction.describe("of the conversions"),
    })
    .describe("visitors = bounced + engaged; conversions are of the engaged, sales of the conversions"),
]);

const where = {
  city: name.optional().describe("all, if left out"),
  platform: name.optional().describe("all, if left out"),
};
const when = {
  fromSeconds: z.number().min(0).max(YEARS_SECONDS).describe("since the start"),
  forSeconds: seconds,
};

export const scenarioSchema = z
  .strictObject({
    $schema: z.string().optional(),
    name: z.string().min(1).max(100),
    cities,
    platforms,
    affinities: z
      .array(z.strictObject({ city: name, platform: name, weight: factor }))
      .max(MAX_PAIRS)
      .optional()
      .describe("factors for how often a pair of city and platform is drawn, beside their own weights"),
    rate: rate.describe("events a second over all cities and platforms, by arrival"),
    events: z
      .int()
      .min(1)
      .max(2 ** 50)
      .optional()
      .describe("how many events it has, where it has an end"),
    pace: z.enum(["clock", "max"]).optional().describe("max: as fast as possible, unless a rate is asked for"),
    season: season.optional().describe("what visitors are multiplied by, by the time of day and the day of the week"),
    traffic,
    campaigns: z
      .array(z.strictObject({ ...where, ...when, conversion: factor.describe("factor for the conversion rate") }))
      .max(1000)
      .optional(),
    spikes: z
      .array(z.strictObject({ ...where, ...when, visitors: factor.describe("factor for the visitors") }))
      .max(1000)
      .optional(),
    outages: z
      .array(z.strictObject({ ...where, ...when }))
      .max(200)
      .optional()
      .describe("when nothing happens there; the others make up for it"),
    clocks: z
      .array(
        z.strictObject({
          ...where,
          ...when,
          aheadSeconds: z
            .int()
            .min(-DAY_SECONDS)
            .max(DAY_SECONDS)
            .describe("by how much the producer's clock is wrong"),
          timestamps: z.boolean().optional().describe("false: its records have no timestamp (true)"),
        }),
      )
      .max(100)
      .optional()
      .describe("producers whose whole clock is wrong, or who send no timestamps"),
    delaySeconds: wholeRange(0, DAY_SECONDS).describe("how far Ts lies before the arrival: whole seconds, uniform"),
    faults: faultsSchema.optional(),
    pipeline: z
      .strictObject({
        watermarkDelaySeconds: z.int().min(0).max(DAY_SECONDS),
        allowedLatenessSeconds: z.int().min(0).max(DAY_SECONDS),
        maxFutureSkewSeconds: z.int().min(0).max(DAY_SECONDS),
        windowSeconds: z.int().min(1).max(DAY_SECONDS),
      })
      .optional()
      .describe("the pipeline whose verdicts the labels foretell: 300, 0, 60 and 5"),
  })
  .superRefine((scenario, context) => {
    const { maxFutureSkewSeconds } = pipelineOf(scenario);
    if ((scenario.faults?.ahead?.aheadSeconds[1] ?? 0) > maxFutureSkewSeconds) {
      const message = `beyond the allowed skew of ${maxFutureSkewSeconds} s: that is the fault future`;
      context.addIssue({ code: "custom", path: ["faults", "ahead", "aheadSeconds"], message });
    }
    if (scenario.pace === "max" && scenario.events === undefined) {
      context.addIssue({ code: "custom", path: ["pace"], message: "as fast as possible needs an end: give events" });
    }
    if (scenario.cities.length * scenario.platforms.length > MAX_PAIRS) {
      context.addIssue({
        code: "custom",
        path: ["cities"],
        message: `more than ${MAX_PAIRS} pairs of city and platform`,
      });
    }
    if ((scenario.campaigns ?? []).length > 0 && scenario.traffic.kind === "independent") {
      context.addIssue({ code: "custom", path: ["campaigns"], message: "campaigns need a funnel" });
    }
    const known = { city: new Set(scenario.cities.map(nameOf)), platform: new Set(scenario.platforms.map(nameOf)) };
    for (const list of ["affinities", "campaigns", "spikes", "outages", "clocks"] as const) {
      for (const [index, entry] of (scenario[list] ?? []).entries()) {
        for (const field of ["city", "platform"] as const) {
          const given = entry[field];
          if (given === undefined || known[field].has(given)) continue;
          context.addIssue({ code: "custom", path: [list, index, field], message: `there is no ${field} "${given}"` });
        }
      }
    }
  });

/** What a fake stream is like, as plain data: it can be written as JSON. */
export type Scenario = z.infer<typeof scenarioSchema>;
