import { dashboards, panelsOf } from "@tidemark/panels";
import type { Question, Reading } from "./database.js";
import type { Choice, ServerEvents, ShownRow } from "./protocol.js";
import { writeEvent } from "./server-event.js";

/** What all viewers of one choice see: its newest state, and the way to it from an older one. States are numbered from 1. */
export interface Viewing {
  readonly choice: Choice;
  readonly question: Omit<Question, "lists">;
  /** The newest state's number; 0 before the first. */
  readonly at: number;
  take(reading: Reading): void;
  /** The event that leads from a state to the newest one: the panels whose rows are other ones. "" where there is no newer one. */
  eventSince(at: number): string;
}

interface Held {
  readonly rows: readonly ShownRow[];
  readonly text: string;
  /** The state that brought these rows. */
  readonly since: number;
}

type Frame = Omit<ServerEvents["panels"], "rows">;

export function createViewing(choice: Choice): Viewing {
  const panels = dashboards.filter(({ id }) => id === choice.tab).flatMap(panelsOf);
  const held = new Map<string, Held>();
  let at = 0;
  let frame: Frame = { fromMs: 0, toMs: 0, intervalMs: 0, committedMs: null };
  // Viewers that keep up all come from the same state.
  let last = { from: -1, to: -1, text: "" };

  function hold(id: string, rows: readonly ShownRow[]): void {
    const text = JSON.stringify(rows);
    if (held.get(id)?.text !== text) held.set(id, { rows, text, since: at });
  }

  return {
    choice,
    question: {
      range: choice.range,
      panels,
      chosen: { city: choice.cities ?? "all", platform: choice.platforms ?? "all" },
    },
    get at() {
      return at;
    },
    take({ time, state, rows }) {
      at += 1;
      frame = { ...time, committedMs: state.committedMs };
      for (const { id } of panels) hold(id, rows.get(id) ?? []);
    },
    eventSince(from) {
      if (from >= at) return "";
      if (last.from !== from || last.to !== at) {
        const newer = [...held].filter(([, { since }]) => since > from).map(([id, { rows }]) => [id, rows]);
        last = { from, to: at, text: writeEvent("panels", { ...frame, rows: Object.fromEntries(newer) }) };
      }
      return last.text;
    },
  };
}
