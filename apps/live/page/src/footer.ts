import type { Pulse } from "../../src/protocol.js";
import { createElement, setText } from "./element.js";
import { createFigure } from "./figure.js";
import { formatTime } from "./times.js";
import { outcomes } from "./views/verdicts.js";

/** The row ledger in one line, and how far the stream is complete. */
export function createFooter(topic: string): {
  readonly elements: readonly HTMLElement[];
  show(pulse: Pulse | undefined): void;
} {
  const figures = (["read", ...outcomes] as const).map((kind) => ({
    kind,
    figure: createFigure({ unit: "count", decimals: 0 }, { length: "full" }),
  }));
  const ledger = createElement("p", { class: "row-ledger", "data-ledger": "" }, createElement("b", {}, "Row ledger "));
  for (const { kind, figure } of figures) {
    figure.element.dataset["kind"] = kind;
    const sign = kind === "read" ? "" : kind === "counted" ? " = " : " + ";
    ledger.append(createElement("span", { class: "term" }, `${sign}${kind} `, figure.element), " ");
  }
  const watermark = createElement("p", { class: "watermark" });
  const source = createElement("p", { class: "source" }, `Topic ${topic}, times in UTC`);
  return {
    elements: [ledger, watermark, source],
    show(pulse) {
      for (const { kind, figure } of figures) figure.show(pulse?.ledger?.[kind] ?? null);
      const { watermarkMs = null, heldBy = [], nowMs = 0 } = pulse ?? {};
      const holders = heldBy.length === 1 ? `partition ${heldBy[0]}` : `partitions ${heldBy.join(", ")}`;
      const held = heldBy.length === 0 ? "" : `, held by ${holders}`;
      setText(
        watermark,
        watermarkMs === null ? "No watermark yet" : `Watermark ${formatTime(watermarkMs, nowMs)}${held}`,
      );
    },
  };
}
