import { count, definePanel, percent, text } from "@tidemark/panels";
import { sql } from "drizzle-orm";
import { fromWindows, noEvents, windows } from "./windows.js";

export const funnel = definePanel({
  id: "funnel",
  title: "From visitors to sales",
  question: "At which step are visitors lost?",
  description:
    "All visitors; those who saw more than one page (visitors less page visitors); conversions; sales. The share is of all visitors. " +
    "The steps are counted apart from each other, so that one may be larger than the one before.",
  show: { kind: "bar-gauge", name: "step", value: "people" },
  columns: {
    step: text("Step", sql`step`),
    people: count("Number", sql`people`),
    share: percent("Of visitors", sql`people / nullif(visitors, 0)::float8 * 100`),
  },
  from: sql`from (
  select sum(${windows.visitors}) as visitors, sum(${windows.page_visitors}) as page_visitors,
    sum(${windows.conversion}) as conversions, sum(${windows.sales}) as sales
  ${fromWindows}
  having count(*) > 0
) as sums
cross join lateral (values
  (1, 'Visitors', visitors),
  (2, 'Stayed', visitors - page_visitors),
  (3, 'Conversions', conversions),
  (4, 'Sales', sales)
) as steps (place, step, people)
order by place`,
  variables: ["topic", "city", "platform"],
  noData: noEvents,
});
