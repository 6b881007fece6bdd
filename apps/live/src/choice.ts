import type { VariableName } from "@tidemark/panels";
import { socmedSchema, MAX_NAME_LENGTH } from "@tidemark/socmed";
import { dashboards } from "@tidemark/socmed/panels";
import { z } from "zod";
import { wrongChoice } from "./errors.js";
import { ranges, type Choice, type Range } from "./protocol.js";

/** How many cities, and how many platforms, one choice may name. */
const mostNames = 50;

const tabs = dashboards.map(({ id }) => id);
const rangeNames = Object.keys(ranges);

const single = (names: readonly string[]) =>
  z.array(z.enum(names, `one of ${names.join(", ")}`)).max(1, `one of ${names.join(", ")}, once`);

/** A name as events have it. */
const nameOf = (field: z.ZodType<string>) =>
  z.string().transform((text, context) => {
    const { data } = field.safeParse(text);
    if (data !== undefined) return data;
    context.addIssue({ code: "custom", message: `names of 1 to ${MAX_NAME_LENGTH} characters` });
    return z.NEVER;
  });

/** Each once, in a fixed order. One that is empty stands for none at all. */
const names = (field: z.ZodType<string>) =>
  z
    .array(z.string())
    .transform((texts) => (texts.length === 1 && texts[0] === "" ? [] : texts))
    .pipe(z.array(nameOf(field)).max(mostNames, `at most ${mostNames} names`))
    .transform((list) => [...new Set(list)].sort());

const schema = z.object({
  tab: single(tabs),
  range: single(rangeNames),
  city: names(socmedSchema.shape.Kota),
  platform: names(socmedSchema.shape.Sosial_Media),
});

const isRange = (name: string): name is Range => Object.hasOwn(ranges, name);

/**
 * The choice that the parameters tab, range, city and platform make; what is not given is the first dashboard, its own range, and all
 * names. Equal choices come out equal: names in order, and none where the dashboard does not ask for them.
 * @throws LiveError `WRONG_CHOICE`
 */
export function parseChoice(query: URLSearchParams): Choice {
  const given = Object.fromEntries(Object.keys(schema.shape).map((name) => [name, query.getAll(name)]));
  const parsed = schema.safeParse(given);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw wrongChoice(`The parameter ${String(issue?.path[0])} takes ${issue?.message}.`);
  }
  const {
    tab: [tab = ""],
    range: [range],
    city,
    platform,
  } = parsed.data;
  const dashboard = dashboards.find(({ id }) => id === tab) ?? dashboards[0];
  if (dashboard === undefined) throw wrongChoice("There is no dashboard.");
  const chosenRange = range ?? dashboard.range;
  const asks = (name: VariableName) => dashboard.variables.some((variable) => variable.name === name);
  return {
    tab: dashboard.id,
    range: isRange(chosenRange) ? chosenRange : "1h",
    cities: asks("city") && query.has("city") ? city : null,
    platforms: asks("platform") && query.has("platform") ? platform : null,
  };
}

/** Equal for equal choices. */
export function keyOf({ tab, range, cities, platforms }: Choice): string {
  return JSON.stringify([tab, range, cities, platforms]);
}
