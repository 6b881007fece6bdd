import type { ScenarioModel } from "@tidemark/scenario";
import { encode, type SocmedEvent } from "@tidemark/schema";
import { malformations } from "./malformations.js";
import { oddities } from "./oddities.js";
import { createPlaces, isAt, type Pair } from "./places.js";
import { presets } from "./presets.js";
import { scenarioSchema, type Scenario } from "./scenario.js";
import { createEvents } from "./traffic.js";

/** What the engine of the fake stream must know of social media. */
export const socmedModel: ScenarioModel<Scenario, Pair, SocmedEvent, keyof typeof oddities> = {
  schema: scenarioSchema,
  presets,
  createPlaces,
  isAt,
  createEvents,
  encode,
  oddities,
  malformations,
};
