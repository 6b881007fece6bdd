import { writeEvent } from "./server-event.js";
import { emptyState, type State } from "./state.js";

/** How far the tables have come, as last heard, and whether Postgres answers. */
export interface PulseState {
  readonly database: "unknown" | "up" | "away";
  hear(state: State): void;
  lose(): void;
  /** The event as of now; "" before anything is known. */
  write(): string;
}

/** `now` is a clock that never goes back, in ms. */
export function createPulseState(now: () => number): PulseState {
  let known: { readonly state: State; readonly heardAtMs: number } | undefined;
  let database: PulseState["database"] = "unknown";
  return {
    get database() {
      return database;
    },
    hear(state) {
      known = { state, heardAtMs: now() };
      database = "up";
    },
    lose() {
      database = "away";
    },
    write() {
      if (database === "unknown") return "";
      // Where Postgres has never answered, the only clock is ours. While it doesn't answer, the age of the data grows all the same.
      const { state, heardAtMs } = known ?? { state: { ...emptyState, nowMs: Date.now() }, heardAtMs: now() };
      const { version: _, ...rest } = state;
      return writeEvent("pulse", { ...rest, nowMs: state.nowMs + Math.round(now() - heardAtMs), database });
    },
  };
}
