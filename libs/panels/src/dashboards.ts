import { lateBursts } from "./annotations.js";
import type { Dashboard, PlacedPanel } from "./dashboard.js";
import { checkpointTime, lagNow, lagOverTime, rowsPerSecond } from "./health/flow.js";
import { lateByHowMuch, ledger, ledgerOverTime, rejectsByReason } from "./health/ledger.js";
import { databaseSize, watermarks } from "./health/state.js";
import type { Panel } from "./panel.js";
import { funnel } from "./socmed/funnel.js";
import { cityWithMostSales, cityWithMostUsers, topPlatform } from "./socmed/places.js";
import { averageBounceRate, averageConversionRate, conversionByCity } from "./socmed/rates.js";
import { totalTransactions, totalUsage, usageOverTime } from "./socmed/usage.js";
import { cityVariable, platformVariable, topicVariable } from "./variables.js";

const place = (panel: Panel, width: number, height: number): PlacedPanel => ({ panel, width, height });

/** The questions of the deck, and what an analyst asks next. */
export const socialMediaPerformance: Dashboard = {
  id: "social-media-performance",
  title: "Social media performance",
  description: "Usage, visitors, conversions and sales by city and platform, by the time of the events.",
  tags: ["tidemark"],
  range: "1h",
  refreshSeconds: 5,
  variables: [topicVariable, cityVariable, platformVariable],
  annotations: [lateBursts],
  rows: [
    [place(totalUsage, 6, 5), place(topPlatform, 12, 5), place(totalTransactions, 6, 5)],
    [place(usageOverTime, 24, 9)],
    [place(averageConversionRate, 12, 8), place(averageBounceRate, 12, 8)],
    [place(cityWithMostUsers, 8, 8), place(cityWithMostSales, 8, 8), place(funnel, 8, 8)],
    [place(conversionByCity, 24, 12)],
  ],
  links: ["pipeline-health"],
};

/** Whether the figures can be trusted, and how fast they come. */
export const pipelineHealth: Dashboard = {
  id: "pipeline-health",
  title: "Pipeline health",
  description: "What became of every record, how far the pipeline has come, and how fast it works.",
  tags: ["tidemark"],
  range: "1h",
  refreshSeconds: 5,
  variables: [topicVariable],
  annotations: [lateBursts],
  rows: [
    [place(lagNow, 6, 5), place(rowsPerSecond, 12, 5), place(databaseSize, 6, 5)],
    [place(ledger, 8, 10), place(watermarks, 16, 10)],
    [place(ledgerOverTime, 24, 8)],
    [place(lateByHowMuch, 12, 8), place(rejectsByReason, 12, 8)],
    [place(checkpointTime, 12, 8), place(lagOverTime, 12, 8)],
  ],
  links: ["social-media-performance"],
};

export const dashboards: readonly Dashboard[] = [socialMediaPerformance, pipelineHealth];
