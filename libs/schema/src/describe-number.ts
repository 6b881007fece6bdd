import type { z } from "zod";
import type { Description } from "./describe.js";
import { SchemaError } from "./errors.js";

const { MAX_SAFE_INTEGER } = Number;

const boundsOfFormat: Readonly<Record<string, readonly [number, number]>> = {
  safeint: [-MAX_SAFE_INTEGER, MAX_SAFE_INTEGER],
  int32: [-2_147_483_648, 2_147_483_647],
  uint32: [0, 4_294_967_295],
};

// As zod has them.
const boundsOfFloats: Readonly<Record<string, readonly [number, number]>> = {
  float32: [-3.4028234663852886e38, 3.4028234663852886e38],
  float64: [-Infinity, Infinity],
};

/** A zod number: bounds and being an integer. Everything else stays with zod. */
export function describeNumber(def: z.core.$ZodNumberDef): Description {
  let isInteger = false;
  let [min, max, exclusiveMin, exclusiveMax] = [-Infinity, Infinity, -Infinity, Infinity];
  let beyond = def.coerce === true ? "coercion" : undefined;
  for (const check of checksOf(def)) {
    if (check.check === "number_format") {
      const integers = boundsOfFormat[check.format];
      const [from, to] = integers ?? boundsOfFloats[check.format] ?? [-Infinity, Infinity];
      isInteger ||= integers !== undefined;
      [min, max] = [Math.max(min, from), Math.min(max, to)];
    } else if (check.check === "greater_than") {
      const value = Number(check.value);
      if (check.inclusive) min = Math.max(min, value);
      else exclusiveMin = Math.max(exclusiveMin, value);
    } else if (check.check === "less_than") {
      const value = Number(check.value);
      if (check.inclusive) max = Math.min(max, value);
      else exclusiveMax = Math.min(exclusiveMax, value);
    } else {
      beyond ??= check.check === "multiple_of" ? "multipleOf" : "checks of its own";
    }
  }
  const more = beyond === undefined ? {} : { beyond };
  if (!isInteger) return { type: { kind: "double", ...finite({ min, max, exclusiveMin, exclusiveMax }) }, ...more };
  const least = Math.max(Math.ceil(min), Math.floor(exclusiveMin) + 1) + 0;
  const most = Math.min(Math.floor(max), Math.ceil(exclusiveMax) - 1) + 0;
  if (least > most) {
    const within = `${least}..${most}`;
    const allowed = `bounds with an integer between them, unlike ${within}`;
    throw new SchemaError("wrong-bounds", null, `no integer lies within ${within}.`, allowed);
  }
  return { type: { kind: "integer", min: least, max: most }, ...more };
}

type NumberCheck =
  | z.core.$ZodCheckNumberFormatDef
  | z.core.$ZodCheckGreaterThanDef
  | z.core.$ZodCheckLessThanDef
  | z.core.$ZodCheckMultipleOfDef;

function checksOf(def: z.core.$ZodNumberDef): NumberCheck[] {
  const own = "check" in def ? [def as unknown as NumberCheck] : [];
  return [...own, ...(def.checks ?? []).map((check) => check._zod.def as NumberCheck)];
}

function finite(bounds: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(bounds).filter(([, value]) => Number.isFinite(value)));
}
