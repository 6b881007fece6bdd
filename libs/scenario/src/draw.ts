import { base, Faker } from "@faker-js/faker";
import type { SocmedEvent } from "@tidemark/schema";
import { type Label, labelOf } from "./fault.js";
import { createGenerator } from "./generator.js";
import { type Malformation, malformations } from "./malformation.js";
import type { Scenario } from "./scenario.js";
import { drawUuid } from "./uuid.js";

/** The random part of one event. All of it comes from faker on our own generator, placed at the event's index. */
export interface Draws {
  /** Begins event `index`; gives what it is meant to be. Call the others after it, in the order in which they stand. */
  begin(index: number): Label;
  /** How far Ts lies before the arrival time, in whole seconds. */
  delaySeconds(label: Label): number;
  /** Everything but Ts. */
  event(ts: number): SocmedEvent;
  /** How a malformed event is spoilt. */
  malformation(): Malformation;
  /** How many events before a duplicate the search for its original begins: 1..`withinEvents`. */
  distance(): number;
}

export function createDraws(scenario: Scenario, seed: number): Draws {
  const generator = createGenerator(seed);
  const faker = new Faker({ locale: base, randomizer: generator });
  const { cities, platforms, counters, faults } = scenario;
  const drawWithin = ([min, max]: readonly [number, number]): number => faker.number.int({ min, max });
  return {
    begin(index) {
      generator.place(index);
      return labelOf(faults, generator.next());
    },
    delaySeconds: (label) => drawWithin(label === "late" ? faults.late.delaySeconds : scenario.delaySeconds),
    // Evaluated in the order written, which therefore is part of what the golden hashes hold.
    event: (ts) => ({
      ID: drawUuid(generator),
      Kota: faker.helpers.arrayElement(cities),
      Sosial_Media: faker.helpers.arrayElement(platforms),
      Usage_Count: drawWithin(counters.Usage_Count),
      Sales: drawWithin(counters.Sales),
      Visitors: drawWithin(counters.Visitors),
      PageVisitors: drawWithin(counters.PageVisitors),
      Conversion: drawWithin(counters.Conversion),
      Ts: ts,
    }),
    malformation: () => faker.helpers.arrayElement(malformations),
    distance: () => drawWithin([1, faults.duplicate.withinEvents]),
  };
}
