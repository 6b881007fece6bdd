import { panelsOf, type Panel } from "@tidemark/panels";
import { dashboards } from "@tidemark/socmed/panels";
import type { Question, Reading } from "./database.js";
import { createPanelHistory } from "./panel-history.js";
import type { Choice, ServerEvents } from "./protocol.js";
import { writeEventText } from "./server-event.js";

/** What all viewers of one choice see: its newest state, and the way to it from an older one. States are numbered from 1. */
export interface Viewing {
  readonly choice: Choice;
  question(withSlow: boolean): Question;
  /** The newest state's number; 0 before the first. */
  readonly at: number;
  take(reading: Reading): void;
  /** The events that lead from a state to the newest one: what is other in panels than then. "" where there is no newer one. */
  eventsSince(at: number): string;
}

/** Viewers that lag come from older states: for so many of these the events are kept, until there is a newer state. */
const MOST_TEXTS = 8;

export function createViewing(choice: Choice): Viewing {
  const panels = dashboards.filter(({ id }) => id === choice.tab).flatMap(panelsOf);
  const before = choice.range === "all" ? [] : panels.filter(isComparable);
  const histories = new Map(panels.map(({ id }) => [id, createPanelHistory()]));
  let names: { readonly text: string; readonly since: number } | undefined;
  let frame: Omit<ServerEvents["panels"], "rows" | "changes"> = {
    fromMs: 0,
    toMs: 0,
    intervalMs: 0,
    committedMs: null,
  };
  let at = 0;
  // Viewers that keep up all come from the same state.
  const texts = new Map<number, string>();

  function write(from: number): string {
    const newer = [...histories].filter(([, { since }]) => since > from);
    const parts = newer.map(([id, history]) => ({ id, ...history.writeSince(from) }));
    const listOf = (type: "rows" | "changes") =>
      parts.filter((part) => part.type === type).map(({ id, text }) => `${JSON.stringify(id)}:${text}`);
    const changes = listOf("changes");
    const fields = [
      JSON.stringify(frame).slice(1, -1),
      `"rows":{${listOf("rows").join(",")}}`,
      ...(changes.length === 0 ? [] : [`"changes":{${changes.join(",")}}`]),
    ];
    const events = writeEventText("panels", `{${fields.join(",")}}`);
    return names !== undefined && names.since > from ? `${writeEventText("names", names.text)}${events}` : events;
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
      for (const [id, history] of histories) history.take(read.get(id) ?? [], at);
      if (slow !== undefined) {
        const text = JSON.stringify(slow.names);
        if (names?.text !== text) names = { text, since: at };
      }
      texts.clear();
    },
    eventsSince(from) {
      if (from >= at) return "";
      const known = texts.get(from);
      if (known !== undefined) return known;
      const text = write(from);
      if (texts.size < MOST_TEXTS) texts.set(from, text);
      return text;
    },
  };
}

/** A single figure of what was chosen: more or less than before. */
function isComparable({ show, variables }: Panel): boolean {
  return show.kind === "stat" && show.name === undefined && variables.includes("city");
}
