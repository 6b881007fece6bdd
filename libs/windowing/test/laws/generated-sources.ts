import * as fc from "fast-check";
import type { OperatorDefinition, OperatorInput, SourcesDefinition } from "../../src/index.js";
import { generatedDefinitions } from "./generated-definitions.js";
import { Drifting, generatedDrafts } from "./generated-events.js";
import { type After, generatedAfters } from "./generated-runs.js";
import type { Input } from "./naive-model.js";
import type { Visit } from "./visit.js";

const sourceNames = ["a", "b", "c"] as const;

export interface OperatorStep {
  readonly input: OperatorInput<Visit>;
  readonly after: After;
}

export interface GeneratedSources {
  readonly definition: OperatorDefinition<Visit>;
  readonly steps: readonly OperatorStep[];
}

const source = fc.constantFrom(...sourceNames);

/** What comes of sources beside events; times are filled in as they pass. */
const signals = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constantFrom("idle", "active", "add-source"), source }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("remove-source"), source }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("tick"),
      nowMs: fc.constant(0),
      fullyRead: fc.subarray([...sourceNames]),
    }),
  },
) as fc.Arbitrary<OperatorInput<Visit>>;

const drawnSteps = fc.array(
  fc.record({
    source,
    drafts: generatedDrafts(4, 1),
    signal: fc.oneof({ weight: 2, arbitrary: fc.constant(null) }, signals),
    elapsedMs: fc.integer({ min: 0, max: 4 }),
    saysWhen: fc.boolean(),
    after: generatedAfters,
  }),
  { maxLength: 24, size: "max" },
);

const sourcesDefinitions: fc.Arbitrary<Omit<SourcesDefinition, "judgedBy">> = fc.record(
  {
    idleTimeoutMs: fc.integer({ min: 1, max: 8 }),
    whenAllIdle: fc.constantFrom("hold", "highest-watermark", "highest-event-time"),
  },
  { requiredKeys: [], noNullPrototype: true },
);

/** Sources judged together, whose events and signals come in one order. */
export const generatedSources: fc.Arbitrary<GeneratedSources> = fc
  .record({ task: generatedDefinitions(), sources: sourcesDefinitions, drawn: drawnSteps })
  .map(({ task, sources, drawn }) => {
    const drifting = new Drifting(task, { isRounded: false, isWide: false });
    let nowMs = 0;
    const steps = drawn.flatMap(({ source: name, drafts, signal, elapsedMs, saysWhen, after }): OperatorStep[] => {
      nowMs += elapsedMs;
      const at = nowMs;
      const timed = (input: OperatorInput<Visit>): OperatorInput<Visit> =>
        input.kind === "tick" || saysWhen ? Object.assign({}, input, { nowMs: at }) : input;
      const inputs = [...(signal === null ? [] : [signal]), ...toOperator(name, drifting.take(drafts))];
      return inputs.map((input) => ({ input: timed(input), after }));
    });
    return { definition: { ...task, sources: { ...sources, judgedBy: "overall" } }, steps };
  });

/** Sources judged apart: the stream of each, and the turns in which they come, each of so many inputs. */
export interface GeneratedStreams {
  readonly definition: OperatorDefinition<Visit>;
  readonly streams: ReadonlyMap<string, readonly Input[]>;
  readonly turns: readonly { readonly source: string; readonly length: number; readonly after: After }[];
  /** Comes before the turn of the same number. */
  readonly signals: readonly (OperatorInput<Visit> | null)[];
}

export const generatedStreams: fc.Arbitrary<GeneratedStreams> = fc
  .record({
    task: generatedDefinitions(),
    sources: sourcesDefinitions,
    drafts: fc.array(generatedDrafts(25), { minLength: sourceNames.length, maxLength: sourceNames.length }),
    turns: fc.array(fc.record({ source, length: fc.integer({ min: 0, max: 6 }), after: generatedAfters }), {
      maxLength: 20,
      size: "max",
    }),
    signals: fc.array(
      fc.option(
        signals.filter(({ kind }) => kind !== "remove-source"),
        { nil: null },
      ),
      { maxLength: 20 },
    ),
  })
  .map(({ task, sources, drafts, turns, signals: heard }) => {
    const shape = { isRounded: false, isWide: false };
    const streams = sourceNames.map((name, at) => [name, new Drifting(task, shape).take(drafts[at] ?? [])] as const);
    const rest = sourceNames.map((name) => ({ source: name, length: Infinity, after: "checkpoint" as const }));
    return {
      definition: { ...task, sources: { ...sources, judgedBy: "source" } },
      streams: new Map(streams),
      turns: [...turns, ...rest],
      signals: heard,
    };
  });

/** Events in as few inputs as the watermarks between them allow. */
export function toOperator(name: string, inputs: readonly Input[]): OperatorInput<Visit>[] {
  const made: OperatorInput<Visit>[] = [];
  let events: (Visit | null)[] = [];
  let arrivalsMs: number[] = [];
  const flush = (): void => {
    if (events.length > 0) made.push({ kind: "events", source: name, events, arrivalsMs });
    [events, arrivalsMs] = [[], []];
  };
  for (const input of inputs) {
    if ("advanceMs" in input) {
      flush();
      made.push({ kind: "watermark", source: name, watermarkMs: input.advanceMs });
    } else {
      events.push(input.event);
      arrivalsMs.push(input.arrivalMs);
    }
  }
  flush();
  return made;
}
