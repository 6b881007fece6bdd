import {
  baseSchemas,
  checkBaseScenario,
  createFaultsSchema,
  fault,
  faultKindsOf,
  numberRange,
  stretchSchemas,
  wholeRange,
} from "@tidemark/scenario";
import { MAX_COUNT } from "@tidemark/schema";
import { z } from "zod";
import { socmedSchema } from "../event.js";
import { malformations, type Malformation } from "./malformations.js";
import type { oddities } from "./oddities.js";

const MAX_PAIRS = 10_000;

// As on the wire, so that no event is rejected for its names.
const name = socmedSchema.shape.Kota;
export { name as nameSchema };
const factor = z.number().min(0).max(1000);

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

const ownFaults = {
  zeroVisitors: fault("no visitors, and so no rates", {}),
  implausible: fault("more page visitors, or more conversions, than visitors", {}),
} satisfies Readonly<Record<keyof typeof oddities, unknown>>;

/** The kinds of faults, in the order in which they share a block. */
export const faultKinds = faultKindsOf(Object.keys(ownFaults) as (keyof typeof ownFaults)[]);

export const faultsSchema = createFaultsSchema({
  own: ownFaults,
  reasons: Object.keys(malformations) as [Malformation, ...Malformation[]],
});

export const scenarioSchema = z
  .strictObject({
    $schema: baseSchemas.$schema,
    name: baseSchemas.name,
    cities,
    platforms,
    affinities: z
      .array(z.strictObject({ city: name, platform: name, weight: factor }))
      .max(MAX_PAIRS)
      .optional()
      .describe("factors for how often a pair of city and platform is drawn, beside their own weights"),
    rate: baseSchemas.rate.describe("events a second over all cities and platforms, by arrival"),
    events: baseSchemas.events,
    pace: baseSchemas.pace,
    season: season.optional().describe("what visitors are multiplied by, by the time of day and the day of the week"),
    traffic,
    campaigns: z
      .array(
        z.strictObject({ ...where, ...stretchSchemas, conversion: factor.describe("factor for the conversion rate") }),
      )
      .max(1000)
      .optional(),
    spikes: z
      .array(z.strictObject({ ...where, ...stretchSchemas, visitors: factor.describe("factor for the visitors") }))
      .max(1000)
      .optional(),
    outages: z
      .array(z.strictObject({ ...where, ...stretchSchemas }))
      .max(200)
      .optional()
      .describe("when nothing happens there; the others make up for it"),
    clocks: baseSchemas.clocks(where),
    delaySeconds: baseSchemas.delaySeconds,
    faults: faultsSchema.optional(),
    pipeline: baseSchemas.pipeline,
  })
  .superRefine((scenario, context) => {
    checkBaseScenario(scenario, context);
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
