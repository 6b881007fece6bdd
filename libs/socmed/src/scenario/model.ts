import type { ScenarioModel } from "@tidemark/scenario";
import { socmedEvent, type SocmedEvent } from "../event.js";
import { malformations } from "./malformations.js";
import { oddities } from "./oddities.js";
import { createPlaces, isAt, type Pair } from "./places.js";
import { presets } from "./presets.js";
import { scenarioSchema, type Scenario } from "./scenario.js";
import { createEvents } from "./traffic.js";

const { encode } = socmedEvent;

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
