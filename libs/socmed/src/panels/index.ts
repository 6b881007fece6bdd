export { dashboards, pipelineHealth, socialMediaPerformance } from "./dashboards.js";
export { funnel } from "./funnel.js";
export { healthPanels } from "./health.js";
export { cityWithMostSales, cityWithMostUsers, topPlatform } from "./places.js";
export { averageBounceRate, averageConversionRate, conversionByCity } from "./rates.js";
export { totalTransactions, totalUsage, usageOverTime } from "./usage.js";
export { cityVariable, platformVariable, type SocmedView } from "./variables.js";
