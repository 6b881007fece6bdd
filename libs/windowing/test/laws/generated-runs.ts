import * as fc from "fast-check";
import type { TaskDefinition } from "../../src/index.js";
import { generatedDefinitions, type Shape } from "./generated-definitions.js";
import { Drifting, type EventShape, generatedDrafts } from "./generated-events.js";
import type { Input } from "./naive-model.js";
import type { Visit } from "./visit.js";

/** What happens after a piece of the stream was stepped through. */
export type After = "nothing" | "checkpoint" | "restore";

export interface Piece {
  readonly length: number;
  readonly after: After;
}

/** A stream, and how it is cut. */
export interface GeneratedRun {
  readonly definition: TaskDefinition<Visit>;
  readonly inputs: readonly Input[];
  readonly pieces: readonly Piece[];
}

/** Rounded by default, but for sessions, whose parts are summed before they merge. */
export interface RunShape extends Shape, EventShape {
  readonly maxLength: number;
}

export const generatedAfters = fc.constantFrom<After[]>("nothing", "checkpoint", "restore");

const generatedPieces: fc.Arbitrary<Piece[]> = fc.array(
  fc.record({ length: fc.integer({ min: 0, max: 9 }), after: generatedAfters }),
  { maxLength: 15, size: "max" },
);

export function generatedRuns(shape: Partial<RunShape> = {}): fc.Arbitrary<GeneratedRun> {
  return fc
    .record({
      definition: generatedDefinitions(shape),
      drafts: generatedDrafts(shape.maxLength ?? 60),
      pieces: generatedPieces,
    })
    .map(({ definition, drafts, pieces }) => {
      const { isRounded = definition.rollups[0].window.kind !== "session", isWide = false } = shape;
      return { definition, inputs: new Drifting(definition, { isRounded, isWide }).take(drafts), pieces };
    });
}

/** The pieces of a run, the last of which takes what is left. */
export function cutInputs({ inputs, pieces }: GeneratedRun): { inputs: readonly Input[]; after: After }[] {
  let from = 0;
  return [...pieces, { length: inputs.length, after: "checkpoint" as const }].map(({ length, after }) => {
    from += length;
    return { inputs: inputs.slice(from - length, from), after };
  });
}
