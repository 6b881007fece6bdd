import type { ShownPanel } from "../../../src/protocol.js";
import { createCard, ofPanel } from "../card.js";
import { createElement, setAttribute, setText } from "../element.js";
import { createFigure, formatOf } from "../figure.js";
import { numberOf, textOf } from "../row.js";
import type { View } from "../shown.js";
import { createEmptyNote } from "./empty-note.js";
import { clipBar } from "./interval.js";
import { outcomes, paintVerdict } from "./verdicts.js";

const parts: readonly string[] = outcomes;
/** Of offsets that held no record; they are beside the equation, not in it. */
const beside = ["skipped", "lost"];

/** What became of every record, as an equation that is checked here again: the sum of the parts is taken from the page's own numbers. */
export function createLedger(panel: ShownPanel): View {
  const { columns } = panel;
  const terms = ["read", ...parts, ...beside].map((kind) => createTerm(panel, kind));
  const verdict = createElement("p", { class: "verdict" });
  const equation = createElement("div", { class: "equation" });
  for (const { kind, element } of terms) {
    const sign = kind === "read" ? "" : kind === "counted" ? "=" : parts.includes(kind) ? "+" : "";
    equation.append(createElement("span", { class: "sign" }, sign));
    element.classList.toggle("beside-equation", beside.includes(kind));
    equation.append(element);
  }
  const strip = createElement("div", { class: "strip", "aria-hidden": "true" });
  const pieces = parts.map((kind) => {
    const piece = createElement("span");
    paintVerdict(piece, kind);
    strip.append(piece);
    return { kind, piece };
  });
  const empty = createEmptyNote(panel);
  const body = ofPanel(createElement("div", { class: "ledger" }, equation, strip), panel);
  const head = { title: panel.title, note: verdict, about: [panel], className: "ledger-card" };
  return {
    element: createCard(head, empty.element, body),
    show({ rows }) {
      const shown = rows[panel.id] ?? [];
      const byKind = new Map(shown.map((row) => [textOf(row, "kind"), row]));
      const records = (kind: string) => numberOf(byKind.get(kind), "records") ?? 0;
      for (const { kind, show } of terms) show(records(kind), numberOf(byKind.get(kind), "share"));
      const read = records("read");
      let before = 0;
      for (const { kind, piece } of pieces) {
        clipBar(piece, (before / Math.max(1, read)) * 100, ((before + records(kind)) / Math.max(1, read)) * 100);
        piece.hidden = records(kind) === 0;
        before += records(kind);
      }
      const missing = read - parts.reduce((sum, kind) => sum + records(kind), 0);
      setText(verdict, missing === 0 ? "adds up: no record is only logged" : `does not add up: ${missing} missing`);
      setAttribute(verdict, "data-level", missing === 0 ? "good" : "bad");
      empty.show(shown);
      body.hidden = shown.length === 0;
      verdict.hidden = shown.length === 0;
    },
  };

  function createTerm({ columns: { records } }: ShownPanel, kind: string) {
    const figure = createFigure(formatOf(records), { length: "full" });
    const share = createFigure(formatOf(columns["share"]));
    const swatch = createElement("span", { class: "swatch" });
    paintVerdict(swatch, kind);
    const name = createElement("span", { class: "part-name" }, ...(parts.includes(kind) ? [swatch] : []), kind);
    const element = createElement("div", { class: "part", "data-kind": kind }, name, figure.element, share.element);
    share.element.classList.add("share");
    return {
      kind,
      element,
      show(value: number, part: number | null) {
        figure.show(value);
        share.show(part);
        share.element.classList.toggle("none", part === null);
      },
    };
  }
}
