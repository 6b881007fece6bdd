import { panelsOf, type Panel } from "@tidemark/panels";
import { dashboards } from "@tidemark/socmed/panels";
import type { Question, Reading } from "./database.js";
import type { Choice, ServerEvents, ShownRow } from "./protocol.js";
import { writeEvent } from "./server-event.js";

/** What all viewers of one choice see: its newest state, and the way to it from an older one. States are numbered from 1. */
export interface Viewing {
  readonly choice: Choice;
  question(withSlow: boolean): Question;
  /** The newest state's number; 0 before the first. */
  readonly at: number;
  take(reading: Reading): void;
  /** The events that lead from a state to the newest one: what has other rows than then. "" where there is no newer one. */
  eventsSince(at: number): string;
}

/** A value, and the state that brought it. */
interface Held<Value> {
  readonly value: Value;
  readonly text: string;
  readonly since: number;
}

export function createViewing(choice: Choice): Viewing {
  const panels = dashboards.filter(({ id }) => id === choice.tab).flatMap(panelsOf);
  const before = choice.range === "all" ? [] : panels.filter(isComparable);
  const rows = new Map<string, Held<readonly ShownRow[]>>();
  let names: Held<ServerEvents["names"]> | undefined;
  let frame: Omit<ServerEvents["panels"], "rows"> = { fromMs: 0, toMs: 0, intervalMs: 0, committedMs: null };
  let at = 0;
  // Viewers that keep up all come from the same state.
  let last = { from: -1, to: -1, text: "" };

  function hold<Value>(held: Held<Value> | undefined, value: Value): Held<Value> {
    const text = JSON.stringify(value);
    return held?.text === text ? held : { value, text, since: at };
  }

  function write(from: number): string {
    const newer = [...rows].filter(([, { since }]) => since > from).map(([id, { value }]) => [id, value]);
    const events = writeEvent("panels", { ...frame, rows: Object.fromEntries(newer) });
    return names !== undefined && names.since > from ? `${writeEvent("names", names.value)}${events}` : events;
  }

  return {
    choice,
    question: (withSlow) => ({
      range: choice.range,
      panels,
      chosen: { city: choice.cities ?? "all", platform: choice.platforms ?? "all" },
      slow: withSlow ? { before } : undefined,
    }),
    get at() {
      return at;
    },
    take({ time, state: { committedMs }, rows: read, slow }) {
      at += 1;
      frame = {
        ...time,
        committedMs,
        ...(frame.before && { before: frame.before }),
        ...(slow && before.length > 0 && { before: Object.fromEntries(slow.before) }),
      };
      for (const { id } of panels) rows.set(id, hold(rows.get(id), read.get(id) ?? []));
      if (slow !== undefined) names = hold(names, slow.names);
    },
    eventsSince(from) {
      if (from >= at) return "";
      if (last.from !== from || last.to !== at) last = { from, to: at, text: write(from) };
      return last.text;
    },
  };
}

/** A single figure of what was chosen: more or less than before. */
function isComparable({ show, variables }: Panel): boolean {
  return show.kind === "stat" && show.name === undefined && variables.includes("city");
}
