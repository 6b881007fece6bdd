import type { State } from "./database.js";
import { writeEvent } from "./server-event.js";

/** How far the tables have come, as last heard, and whether Postgres answers. */
export interface PulseState {
  /** Whether it tells more than the one before. */
  heard(state: State): boolean;
  /** Whether that is news. */
  lost(): boolean;
  /** The event as of now; "" before anything is known. */
  write(): string;
}

/** `now` is a clock that never goes back, in ms. */
export function createPulseState(now: () => number): PulseState {
  let known: { readonly state: State; readonly heardAtMs: number } | undefined;
  let isUp: boolean | undefined;
  return {
    heard(state) {
      const isNews = isUp !== true || known?.state.version !== state.version;
      known = { state, heardAtMs: now() };
      isUp = true;
      return isNews;
    },
    lost() {
      const isNews = isUp !== false;
      isUp = false;
      return isNews;
    },
    write() {
      if (isUp === undefined) return "";
      const { nowMs, committedMs, newestEventMs, watermarkMs, heldBy } = known?.state ?? nothingKnown();
      // While nobody answers the age of the data grows all the same.
      const sinceMs = known === undefined ? 0 : Math.round(now() - known.heardAtMs);
      const database = isUp ? "up" : "away";
      return writeEvent("pulse", { nowMs: nowMs + sinceMs, committedMs, newestEventMs, watermarkMs, heldBy, database });
    },
  };
}

/** Where Postgres has never answered, the only clock is ours. */
const nothingKnown = () => ({
  nowMs: Date.now(),
  committedMs: null,
  newestEventMs: null,
  watermarkMs: null,
  heldBy: [],
});
