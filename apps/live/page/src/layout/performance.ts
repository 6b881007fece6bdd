import { createElement } from "../element.js";
import { numberOf } from "../row.js";
import type { Panels, Shown, Surroundings, View } from "../shown.js";
import { createBarsCard } from "../views/bars-card.js";
import { createMatrix } from "../views/matrix.js";
import { createPlaces } from "../views/places.js";
import { createPlain } from "../views/plain.js";
import { createRates } from "../views/rates.js";
import { createSeriesCard } from "../views/series-card.js";
import { createStat } from "../views/stat.js";
import { compareWithBefore } from "./comparison.js";

/** What the deck asks, what matters first: how much, who leads, how it moves, how well it converts, and where. */
export function createPerformance(panels: Panels, surroundings: Surroundings): View {
  const { colours } = surroundings;
  const usage = panels.take("total-usage");
  const transactions = panels.take("total-transactions");
  const leader = panels.take("platform-with-most-visitors");
  const views: View[] = [
    createStat(usage, { title: "Total usage", caption: change(usage.id, "usage") }, surroundings),
    createStat(
      transactions,
      { title: "Total transactions", caption: change(transactions.id, "transactions") },
      surroundings,
    ),
    createStat(leader, { title: "Most visitors in 5 minutes", caption: () => "visitors" }, surroundings),
    createBarsCard(panels.take("funnel"), {
      title: "From visitors to sales",
      note: "of 100 visitors",
      scale: "first",
      className: "funnel",
    }),
    createSeriesCard(panels.take("real-time-total-usage"), {
      title: "Real-time total usage",
      note: (interval) => `per ${interval}; shade: open windows, dots: still coming in`,
      strokeOf: (name) => colours.of(name),
      paint: (swatch, name) => colours.paint(swatch, name),
      byEventTime: true,
      className: "usage",
    }),
    createRates(
      [
        { panel: panels.take("average-conversion-rate"), title: "Conversion" },
        { panel: panels.take("average-bounce-rate"), title: "Bounce" },
      ],
      surroundings,
    ),
    createPlaces(
      [
        { panel: panels.take("city-with-most-users"), title: "Users", counter: "users" },
        { panel: panels.take("city-with-most-sales"), title: "Sales", counter: "sales" },
      ],
      surroundings,
    ),
    createMatrix(panels.take("conversion-by-city-and-platform"), surroundings),
  ];
  views.push(...panels.rest.map((panel) => createPlain(panel, surroundings)));
  const element = createElement("div", { class: "grid performance" }, ...views.map((view) => view.element));
  return {
    element,
    show(shown) {
      for (const view of views) view.show(shown);
    },
  };
}

/** How a sum compares with that of the range before. */
function change(id: string, column: string): (shown: Shown) => string {
  return ({ rows, before, range }) =>
    compareWithBefore(numberOf(rows[id]?.[0], column), numberOf(before[id]?.[0], column), range);
}
