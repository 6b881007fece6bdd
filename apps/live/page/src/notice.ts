import type { Choice, Pulse, Range } from "../../src/protocol.js";
import { rangeTitles } from "./choice.js";
import { createElement, setText } from "./element.js";
import { formatDay, formatClock } from "./times.js";

export type Notice =
  | { readonly kind: "no-data" }
  | {
      readonly kind: "nothing-chosen";
      readonly choice: Choice;
      readonly wider: Range | undefined;
    };

/** In the place of the panels, where they all would be empty: why, and what to do. */
export interface NoticeView {
  readonly element: HTMLElement;
  /** Goes on while the notice stays: of when the newest event is, epoch ms. */
  showNewest(newestMs: number | null): void;
}

export function createNotice(notice: Notice, choose: (change: Partial<Choice>) => void): NoticeView {
  return notice.kind === "no-data" ? createNoData() : createNothingChosen(notice, choose);
}

const code = (text: string): HTMLElement => createElement("code", {}, text);

function createNoData(): NoticeView {
  const start = createElement(
    "p",
    {},
    code("npm start"),
    " starts everything: servers, a fake stream, and the consumer.",
  );
  const parts = createElement("p", {}, "One part at a time: ", code("nx run producer:serve"), " sends events, ");
  parts.append(code("nx run consumer:serve"), " writes them to Postgres.");
  const wait = createElement(
    "p",
    { class: "small" },
    "Figures come up here as soon as the first checkpoint is committed.",
  );
  const heading = createElement("h2", {}, "No data yet");
  return {
    element: createElement("section", { class: "notice" }, heading, start, parts, wait),
    showNewest: () => undefined,
  };
}

function createNothingChosen(
  { choice, wider }: Extract<Notice, { kind: "nothing-chosen" }>,
  choose: (change: Partial<Choice>) => void,
): NoticeView {
  const { cities, platforms, range } = choice;
  const isFiltered = cities !== null || platforms !== null;
  const whose = [cities && `of ${cities.join(", ")}`, platforms && `on ${platforms.join(", ")}`]
    .filter(Boolean)
    .join(" ");
  const when = range === "all" ? "at all" : `in ${rangeTitles[range].long}`;
  const heading = createElement("h2", {}, ["No events", whose, when].filter(Boolean).join(" "));
  const newest = createElement("p", {});
  const button = (text: string, change: Partial<Choice>) => {
    const element = createElement("button", { type: "button" }, text);
    element.addEventListener("click", () => choose(change));
    return element;
  };
  const buttons = createElement("p", { class: "buttons" });
  if (wider !== undefined && wider !== range)
    buttons.append(button(`Show ${rangeTitles[wider].long}`, { range: wider }));
  if (isFiltered) buttons.append(button("Show all cities and platforms", { cities: null, platforms: null }));
  return {
    element: createElement("section", { class: "notice" }, heading, newest, buttons),
    showNewest(newestMs) {
      const time = newestMs === null ? "" : `${formatDay(newestMs)} ${formatClock(newestMs)} UTC`;
      setText(newest, time === "" ? "" : `The newest event is of ${time}.`);
    },
  };
}

/** The shortest range that holds the newest event. */
export function widerRange({ nowMs, newestEventMs }: Pulse): Range | undefined {
  if (newestEventMs === null) return undefined;
  const ageMs = nowMs - newestEventMs;
  if (ageMs < 300_000) return "5m";
  if (ageMs < 3_600_000) return "1h";
  return ageMs < 86_400_000 ? "24h" : "all";
}
