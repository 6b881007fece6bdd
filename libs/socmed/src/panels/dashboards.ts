import { createHealthDashboard, place, type Dashboard } from "@tidemark/panels";
import { funnel } from "./funnel.js";
import { healthPanels } from "./health.js";
import { cityWithMostSales, cityWithMostUsers, topPlatform } from "./places.js";
import { averageBounceRate, averageConversionRate, conversionByCity } from "./rates.js";
import { totalTransactions, totalUsage, usageOverTime } from "./usage.js";
import { cityVariable, platformVariable } from "./variables.js";

/** The questions of the deck, and what an analyst asks next. */
export const socialMediaPerformance: Dashboard = {
  id: "social-media-performance",
  title: "Social media performance",
  description: "Usage, visitors, conversions and sales by city and platform, by the time of the events.",
  tags: ["tidemark"],
  range: "1h",
  refreshSeconds: 5,
  variables: [healthPanels.topicVariable, cityVariable, platformVariable],
  annotations: [healthPanels.lateBursts],
  rows: [
    [place(totalUsage, 6, 5), place(topPlatform, 12, 5), place(totalTransactions, 6, 5)],
    [place(usageOverTime, 24, 9)],
    [place(averageConversionRate, 12, 8), place(averageBounceRate, 12, 8)],
    [place(cityWithMostUsers, 8, 8), place(cityWithMostSales, 8, 8), place(funnel, 8, 8)],
    [place(conversionByCity, 24, 12)],
  ],
  links: ["pipeline-health"],
};

/** How the pipeline of the figures works. */
export const pipelineHealth: Dashboard = createHealthDashboard(healthPanels, [socialMediaPerformance.id]);

export const dashboards: readonly Dashboard[] = [socialMediaPerformance, pipelineHealth];
