import { presets, type Scenario } from "@tidemark/socmed/scenario";
import { benchScenario } from "./backlog.js";

/** What a topic looks like, as far as it matters to how fast it is read. */
export interface Shape {
  /** For the head of a table. */
  readonly description: string;
  readonly scenario: Scenario;
  readonly partitions: number;
  /** By city and platform, so that each key is in one partition; otherwise records go to all partitions in turn. */
  readonly isKeyed: boolean;
  /** Of one producer batch; undefined: as many as a producer gathers. */
  readonly recordsPerBatch?: number;
  /** How many events are read where nothing else is asked for. */
  readonly events: number;
}

/** Events of the deck's own topic: up to five minutes old, 5,000 to a second of event time. */
const deck: Scenario = { ...presets.deck, rate: { kind: "constant", perSecond: 5_000 } };
const places = (count: number, prefix: string) => Array.from({ length: count }, (_, index) => `${prefix}${index}`);

const known = {
  keyed: {
    description: "keyed by city and platform, 1,000 events to a second of event time",
    scenario: benchScenario,
    partitions: 8,
    isKeyed: true,
    events: 2_000_000,
  },
  deck: {
    description: "without keys, events up to 5 minutes old, 5,000 to a second of event time",
    scenario: deck,
    partitions: 8,
    isKeyed: false,
    events: 2_000_000,
  },
  wide: {
    description: "as deck, with 1,000 combinations of city and platform, keyed",
    scenario: { ...deck, cities: places(100, "City "), platforms: places(10, "Platform ") },
    partitions: 8,
    isKeyed: true,
    events: 2_000_000,
  },
  skewed: {
    description: "keyed, and nine of ten events have one key",
    scenario: { ...presets.skewed, rate: { kind: "constant", perSecond: 1_000 } },
    partitions: 8,
    isKeyed: true,
    events: 2_000_000,
  },
  dirty: {
    description: "keyed, with all that can go wrong in shares of a hundredth",
    scenario: { ...presets.dirty, rate: { kind: "constant", perSecond: 1_000 } },
    partitions: 8,
    isKeyed: true,
    events: 1_000_000,
  },
  "small-batches": {
    description: "as deck, one record to a producer batch",
    scenario: deck,
    partitions: 8,
    isKeyed: false,
    recordsPerBatch: 1,
    events: 400_000,
  },
  "many-partitions": {
    description: "as deck, on 256 partitions",
    scenario: deck,
    partitions: 256,
    isKeyed: false,
    events: 1_000_000,
  },
} satisfies Readonly<Record<string, Shape>>;

export type ShapeName = keyof typeof known;
export const shapes: Readonly<Record<ShapeName, Shape>> = known;
export const shapeNames = Object.keys(known) as [ShapeName, ...ShapeName[]];
