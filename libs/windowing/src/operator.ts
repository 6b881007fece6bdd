import type { Window } from "./assigners.js";
import { checkProperties } from "./checks.js";
import { checkDefinition, type EventOf, type FieldsOf, type OfEvents, type TaskDefinition } from "./definition.js";
import { badInput, refuseDefinition, refuseSnapshot } from "./errors.js";
import { describeTime, type Explanation, type SourceExplanation } from "./explain.js";
import { checkWatermark } from "./inputs.js";
import { addLedgers, checkLedger, createLedger, type Ledger } from "./ledger.js";
import type { Snapshot } from "./snapshot.js";
import { SeparateStreams, SharedStream, type Streams } from "./streams.js";
import type { Checkpoint, StepResult } from "./task.js";
import {
  createWatermarks,
  type Watermarks,
  type WatermarksDefinition,
  type WatermarksSnapshot,
  type WhenAllIdle,
} from "./watermarks.js";

/** How several sources go together. */
export interface SourcesDefinition {
  /**
   * `source`: each has windows, ids and a watermark of its own, which judges it: what comes of a source depends on its own
   * order alone. `overall`: all share windows and ids, and the overall watermark judges.
   */
  readonly judgedBy: "source" | "overall";
  /** As for `createWatermarks`. */
  readonly idleTimeoutMs?: number;
  readonly whenAllIdle?: WhenAllIdle;
}

export interface OperatorDefinition<E> extends TaskDefinition<E> {
  readonly sources: SourcesDefinition;
}

/** Keeps the literal types of a definition with sources, as `defineTask` does. */
export function defineOperator<E>() {
  return <const D extends OperatorDefinition<E> & FieldsOf<E>>(definition: D): D & OfEvents<E> => definition;
}

export type OperatorInput<E> =
  | {
      readonly kind: "events";
      /** One that is not known yet is added. */
      readonly source: string;
      readonly events: readonly (E | null)[];
      readonly arrivalsMs?: ArrayLike<number>;
      readonly nowMs?: number;
    }
  | { readonly kind: "watermark"; readonly source: string; readonly watermarkMs: number; readonly nowMs?: number }
  | { readonly kind: "add-source"; readonly source: string; readonly nowMs?: number }
  /**
   * Judged by source, the next checkpoint gives out what is due of it (what changed, or has closed), and then it is forgotten, its open
   * windows too: take a snapshot before, if somebody else is to go on with it.
   */
  | { readonly kind: "remove-source"; readonly source: string }
  | { readonly kind: "idle"; readonly source: string }
  | { readonly kind: "active"; readonly source: string; readonly nowMs?: number }
  /** Time has passed; these sources are read to their ends. */
  | { readonly kind: "tick"; readonly nowMs: number; readonly fullyRead: readonly string[] }
  /** No more comes: everything closes. */
  | { readonly kind: "end" };

/** A checkpoint of one source, or of all together where they are judged by the overall watermark: then `source` is null. */
export interface SourceCheckpoint<D extends TaskDefinition<never>> extends Checkpoint<D> {
  readonly source: string | null;
}

export interface OperatorCheckpoint<D extends TaskDefinition<never> = TaskDefinition<never>> {
  /** The overall watermark. Judged by source, it judges nothing. */
  readonly watermarkMs: number;
  /** The sum of the ledgers of all sources, removed ones too. */
  readonly ledger: Ledger;
  readonly parts: readonly SourceCheckpoint<D>[];
}

export interface OperatorSnapshot {
  readonly version: 2;
  readonly watermarks: WatermarksSnapshot;
  /** Of sources that were removed. */
  readonly pastLedger: Ledger;
  readonly parts: readonly SavedPart[];
}

export interface SavedPart {
  readonly source: string | null;
  readonly removed: boolean;
  readonly task: Snapshot;
}

/** The event time of several sources. */
export interface Operator<D extends TaskDefinition<never> = TaskDefinition<never>> {
  /** Takes an input; returns what became of its events, else null. Throws as `Task.step` and `Task.advance` do, and `bad-input`. */
  step(input: OperatorInput<EventOf<D>>): StepResult | null;
  checkpoint(): OperatorCheckpoint<D>;
  snapshot(): OperatorSnapshot;
  explain(window?: Window): Explanation;
}

/** Begins an operator, or goes on from a snapshot. Throws as `createTask` does. */
export function createOperator<const D extends OperatorDefinition<never>>(
  definition: D,
  from?: OperatorSnapshot,
): Operator<D>;
export function createOperator<E>(
  definition: OperatorDefinition<E>,
  from?: OperatorSnapshot,
): Operator<OperatorDefinition<E>>;
export function createOperator<E>(
  definition: OperatorDefinition<E>,
  from?: OperatorSnapshot,
): Operator<OperatorDefinition<E>> {
  checkDefinition(definition as OperatorDefinition<never>);
  checkProperties("sources", definition.sources, ["judgedBy", "idleTimeoutMs", "whenAllIdle"]);
  const { judgedBy, ...idling } = definition.sources;
  if (judgedBy !== "source" && judgedBy !== "overall") {
    throw refuseDefinition("sources.judgedBy", judgedBy, '"source" or "overall"');
  }
  if (from !== undefined && from.version !== 2) throw refuseSnapshot("version", from.version, "2");
  if (from !== undefined && (typeof from.watermarks !== "object" || from.watermarks === null)) {
    throw refuseSnapshot("watermarks", from.watermarks, "an object");
  }
  if (from !== undefined && judgedBy === "overall" && from.parts?.length !== 1) {
    throw refuseSnapshot("parts", from.parts, "one of all sources");
  }
  const { watermarkDelayMs: delayMs, initialWatermarkMs = -Infinity } = definition;
  const watermarks: WatermarksDefinition = { delayMs, initialWatermarkMs, ...idling };
  const tracker = createWatermarks(watermarks, from?.watermarks);
  const Streams = judgedBy === "source" ? SeparateStreams : SharedStream;
  const streams = new Streams<E>(definition, tracker, from?.parts ?? []);
  return new SourcesOperator(tracker, streams, from?.pastLedger) as unknown as Operator<OperatorDefinition<E>>;
}

class SourcesOperator<E> {
  readonly #watermarks: Watermarks;
  readonly #streams: Streams<E>;
  #pastLedger: Ledger;

  constructor(watermarks: Watermarks, streams: Streams<E>, pastLedger: Ledger | undefined) {
    this.#watermarks = watermarks;
    this.#streams = streams;
    this.#pastLedger = checkLedger(createLedger(pastLedger));
  }

  step(input: OperatorInput<E>): StepResult | null {
    const watermarks = this.#watermarks;
    if (input.kind !== "tick" && input.kind !== "end" && typeof input.source !== "string") {
      throw badInput("source", input.source, "a string");
    }
    switch (input.kind) {
      case "events":
        watermarks.add(input.source, input.nowMs);
        // An empty batch says nothing of the source.
        if (input.events.length > 0) watermarks.setActive(input.source, input.nowMs);
        return this.#streams.events(input.source, input.events, input.arrivalsMs, input.nowMs);
      case "watermark":
        watermarks.advance(input.source, checkWatermark(input.watermarkMs), input.nowMs);
        this.#streams.watermark(input.source, input.watermarkMs);
        break;
      case "add-source":
        watermarks.add(input.source, input.nowMs);
        break;
      case "remove-source":
        watermarks.remove(input.source);
        this.#streams.remove(input.source);
        break;
      case "idle":
        watermarks.setIdle(input.source);
        break;
      case "active":
        watermarks.setActive(input.source, input.nowMs);
        break;
      case "tick":
        watermarks.tick(input.nowMs, input.fullyRead);
        break;
      case "end":
        watermarks.end();
        this.#streams.end();
        break;
      default:
        throw badInput("kind", (input as { kind: unknown }).kind, "one of the kinds of OperatorInput");
    }
    return null;
  }

  checkpoint(): OperatorCheckpoint {
    const ledger = addLedgers(this.#pastLedger, this.#streams.ledger());
    const { parts, gone } = this.#streams.checkpoint();
    this.#pastLedger = addLedgers(this.#pastLedger, gone);
    return { watermarkMs: this.#watermarks.overallMs, ledger, parts };
  }

  snapshot(): OperatorSnapshot {
    const parts = this.#streams.snapshot();
    return { version: 2, watermarks: this.#watermarks.snapshot(), pastLedger: this.#pastLedger, parts };
  }

  explain(window?: Window): Explanation {
    const watermarks = this.#watermarks;
    const { overallMs, heldBy } = watermarks;
    const sources = watermarks.sources.map((source) => ({
      source,
      watermarkMs: watermarks.of(source),
      maxEventTimeMs: watermarks.maxEventTimeOf(source),
      idle: watermarks.isIdle(source),
      aheadMs: watermarks.of(source) === overallMs ? 0 : watermarks.of(source) - overallMs,
    }));
    const holder = sources.find(({ source }) => source === heldBy) ?? null;
    const explanation = this.#streams.explain(window);
    return { ...explanation, watermarkMs: overallMs, sources, heldBy: holder, text: describe(explanation, holder) };
  }
}

function describe({ text }: Explanation, holder: SourceExplanation | null): string {
  if (holder === null) return `${text} No active source holds the overall watermark.`;
  return `${text} The overall watermark is held by ${holder.source}, whose own is ${describeTime(holder.watermarkMs)}: only what comes of it moves it on.`;
}
