import { checkInteger, checkProperties } from "./checks.js";
import type { EventOf, RetractedRowOf, Rollup, RowOf, TaskDefinition } from "./definition.js";
import type { LateNote, PartlyLateNote, QuarantineNote, RejectNote } from "./notes.js";
import { createTask, type StepResult, type Task } from "./task.js";

type Note<N extends { readonly index: number }> = Omit<N, "index">;

/** What comes out of a stream of events, in order: of each batch first what became of its events, then rows. */
export type Output<D extends TaskDefinition<never> = TaskDefinition<never>> =
  | RowOutput<D["rollups"][number]>
  | ({ readonly kind: "late"; readonly event: EventOf<D> } & Note<LateNote>)
  | ({ readonly kind: "partly-late"; readonly event: EventOf<D> } & Note<PartlyLateNote>)
  | ({ readonly kind: "quarantined"; readonly event: EventOf<D> } & Note<QuarantineNote>)
  | ({ readonly kind: "rejected"; readonly event: EventOf<D> | null } & Note<RejectNote>)
  | { readonly kind: "duplicate"; readonly event: EventOf<D> };

type RowOutput<R extends Rollup<never>> =
  R extends Rollup<never>
    ? | { readonly kind: "row"; readonly rollup: R["name"]; readonly row: RowOf<R> }
      | { readonly kind: "retracted"; readonly rollup: R["name"]; readonly row: RetractedRowOf<R> }
    : never;

export interface WindowedOptions<E> {
  /**
   * A checkpoint is taken after so many events, and at the end. Default 1,000: of a slow source nothing comes out before; with 1 all
   * comes at once, and costs more.
   */
  readonly checkpointEvery?: number;
  /** When an event arrived, in ms, for the future guard; -1: not known. None: no guard. */
  readonly arrivalMs?: (event: E) => number;
  /** Whether what is still open when the source ends is closed and given out. Default true. */
  readonly closeAtEnd?: boolean;
}

/**
 * Windows over any source of events, one at a time: nothing is taken from the source before what came out is taken. A source
 * that throws, or a reader that stops, ends it, and the source's `return` is called; nothing comes out of events behind the last
 * checkpoint then. Throws as `createTask` does at once, as `step` does when it is read.
 */
export function windowed<const D extends TaskDefinition<never>>(
  source: AsyncIterable<EventOf<D> | null> | Iterable<EventOf<D> | null>,
  definition: D,
  options: WindowedOptions<EventOf<D>> = {},
): AsyncGenerator<Output<D>, void, undefined> {
  checkProperties("options", options, ["checkpointEvery", "arrivalMs", "closeAtEnd"]);
  checkInteger("options.checkpointEvery", options.checkpointEvery ?? 1, 1, Number.MAX_SAFE_INTEGER, "events");
  return run(source, createTask<D>(definition), options);
}

async function* run<D extends TaskDefinition<never>>(
  source: AsyncIterable<EventOf<D> | null> | Iterable<EventOf<D> | null>,
  task: Task<D>,
  options: WindowedOptions<EventOf<D>>,
): AsyncGenerator<Output<D>, void, undefined> {
  const { checkpointEvery = 1_000, arrivalMs, closeAtEnd = true } = options;
  let events: (EventOf<D> | null)[] = [];

  function* take(): Generator<Output<D>> {
    const arrivals =
      arrivalMs && events.map((event) => (event === null || event === undefined ? -1 : arrivalMs(event)));
    yield* notesOf<D>(events, task.step(events, arrivals));
    events = [];
  }

  function* rows(): Generator<Output<D>> {
    const changed = task.checkpoint().changed as unknown as readonly {
      rollup: string;
      retracted: readonly unknown[];
      rows: readonly unknown[];
    }[];
    for (const { rollup, retracted, rows: given } of changed) {
      for (const row of retracted) yield { kind: "retracted", rollup, row } as Output<D>;
      for (const row of given) yield { kind: "row", rollup, row } as Output<D>;
    }
  }

  for await (const event of source) {
    events.push(event);
    if (events.length < checkpointEvery) continue;
    yield* take();
    yield* rows();
  }
  yield* take();
  if (closeAtEnd) task.advance(Infinity);
  yield* rows();
}

function* notesOf<D extends TaskDefinition<never>>(
  events: readonly (EventOf<D> | null)[],
  result: StepResult,
): Generator<Output<D>> {
  const notes = [
    ...result.late.map((note) => ({ kind: "late", ...note })),
    ...result.partlyLate.map((note) => ({ kind: "partly-late", ...note })),
    ...result.quarantined.map((note) => ({ kind: "quarantined", ...note })),
    ...result.rejected.map((note) => ({ kind: "rejected", ...note })),
    ...result.duplicates.map((index) => ({ kind: "duplicate", index })),
  ];
  for (const { index, ...note } of notes.sort((a, b) => a.index - b.index)) {
    yield { ...note, event: events[index] ?? null } as unknown as Output<D>;
  }
}
