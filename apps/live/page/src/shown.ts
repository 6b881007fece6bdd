import type { Dashboards, Pulse, Range, ServerEvents, ShownPanel, ShownRow } from "../../src/protocol.js";
import { mergeRows } from "./merge-rows.js";
import type { PlatformColours } from "./platform-colours.js";

type Tab = Dashboards["dashboards"][number];

/** What a view needs to be made: its panels, and what it shares with the others. */
export interface Surroundings {
  readonly colours: PlatformColours;
  /** Epoch ms by Postgres's clock. */
  readonly nowMs: () => number;
}

/** What there is to be shown at one moment. */
export interface Shown {
  readonly range: Range;
  readonly fromMs: number;
  readonly toMs: number;
  readonly intervalMs: number;
  readonly rows: Readonly<Record<string, readonly ShownRow[]>>;
  /** Of the range before this one. */
  readonly before: Readonly<Record<string, readonly ShownRow[]>>;
  readonly pulse: Pulse | undefined;
  /** When this viewer had last looked, before now; epoch ms. */
  readonly lastLookMs: number | undefined;
}

/** A part of the page that shows one panel, or several together. */
export interface View {
  readonly element: HTMLElement;
  show(shown: Shown): void;
}

/** What the stream has said of one choice: panels that an event leaves out are as they were. */
export function mergePanels(shown: Shown, event: ServerEvents["panels"]): Shown {
  const { fromMs, toMs, intervalMs, before } = event;
  return {
    ...shown,
    fromMs,
    toMs,
    intervalMs,
    rows: mergeRows(shown.rows, event),
    before: before === undefined ? shown.before : { ...shown.before, ...before },
  };
}

/** A tab's panels by their ids. */
export class Panels {
  readonly #panels: ReadonlyMap<string, ShownPanel>;
  readonly #taken = new Set<string>();

  constructor({ panels }: Tab) {
    this.#panels = new Map(panels.map((panel) => [panel.id, panel]));
  }

  /**
   * The panel, which then counts as shown.
   * @throws Error where the tab has none: the page and its server are not of one version.
   */
  take(id: string): ShownPanel {
    const panel = this.#panels.get(id);
    if (panel === undefined) throw new Error(`The server has no panel ${id}: reload the page.`);
    this.#taken.add(id);
    return panel;
  }

  /** Those that nothing has taken: a new one is shown before anybody has found a place for it. */
  get rest(): readonly ShownPanel[] {
    return [...this.#panels.values()].filter(({ id }) => !this.#taken.has(id));
  }
}
