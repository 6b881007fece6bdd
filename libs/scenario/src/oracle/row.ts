import type { OracleDefinition } from "./definition.js";
import type { OracleEvent } from "./decode.js";

/** An event with its rates, by their names. What the event lacks is null. */
export type OracleRow = Readonly<Record<string, unknown>>;

/** Adds the rates to an event that nobody else holds. */
export function createRowMaker({ rates }: Pick<OracleDefinition, "rates">): (event: OracleEvent) => OracleRow {
  return (event) => {
    const row = event as Record<string, unknown>;
    for (const { name, numerator, denominator, scale } of rates) {
      const divisor = Number(row[denominator]);
      row[name] = divisor === 0 ? null : (Number(row[numerator]) / divisor) * scale;
    }
    return row;
  };
}
