import type { Window } from "./assigners.js";
import type { FullWindow } from "./windowing.js";

/** All notes: `index` is the event's position in the batch, `watermarkMs` the watermark that stood before it. */
export interface LateNote {
  readonly index: number;
  readonly watermarkMs: number;
  /** watermark − (end + allowed lateness) of the window of its own that closed last, >= 0. */
  readonly missedByMs: number;
}

export interface PartlyLateNote {
  readonly index: number;
  readonly watermarkMs: number;
  /** Hopping windows that the event came too late for; it counted in its others. */
  readonly missed: readonly Window[];
}

export interface QuarantineNote {
  readonly index: number;
  readonly watermarkMs: number;
  /** event time − (arrival + allowed skew), > 0. */
  readonly aheadMs: number;
}

export interface RejectNote {
  readonly index: number;
  readonly watermarkMs: number;
  /** The first field of an event that does not fit the definition; null where there was no event, or an arrival that is none. */
  readonly field: string | null;
  /** The window whose limit of keys rejected the event, and its rollup. Absent: the event does not fit. */
  readonly full?: FullWindow;
}
