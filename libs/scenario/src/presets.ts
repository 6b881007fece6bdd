import type { Scenario } from "./scenario.js";

/** The deck's stream: independent uniform counters, one event in 5 seconds, nothing wrong with any of them. */
const deck: Scenario = {
  name: "deck",
  cities: ["Jakarta", "Bogor", "Depok", "Tangerang", "Bekasi"],
  platforms: ["X", "Instagram", "Facebook", "Telegram", "TikTok"],
  ratePerSecond: 0.2,
  counters: {
    Usage_Count: [50, 1000],
    Sales: [40, 150],
    Visitors: [500, 1000],
    PageVisitors: [50, 250],
    Conversion: [100, 500],
  },
  delaySeconds: [0, 300],
  faults: {
    late: { share: 0, delaySeconds: [660, 1200] },
    duplicate: { share: 0, withinEvents: 40 },
    malformed: { share: 0 },
    zeroVisitors: { share: 0 },
  },
};

/** What `npm start` shows: the deck's distribution at 20 events/s, with a little of all that can go wrong. */
const everyday: Scenario = {
  ...deck,
  name: "default",
  ratePerSecond: 20,
  faults: {
    late: { share: 0.005, delaySeconds: [660, 1200] },
    duplicate: { share: 0.01, withinEvents: 40 },
    malformed: { share: 0.005 },
    zeroVisitors: { share: 0.005 },
  },
};

/** The scenarios that come with the library. */
export const presets = { deck, default: everyday } as const satisfies Record<string, Scenario>;
