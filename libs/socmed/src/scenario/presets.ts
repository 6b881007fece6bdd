import type { Scenario } from "./scenario.js";

const HOUR = 3600;

/** The deck's stream: independent uniform counters, one event in 5 seconds, nothing wrong with any of them. */
const deck: Scenario = {
  name: "deck",
  cities: ["Jakarta", "Bogor", "Depok", "Tangerang", "Bekasi"],
  platforms: ["X", "Instagram", "Facebook", "Telegram", "TikTok"],
  rate: { kind: "constant", perSecond: 0.2 },
  traffic: {
    kind: "independent",
    Usage_Count: [50, 1000],
    Sales: [40, 150],
    Visitors: [500, 1000],
    PageVisitors: [50, 250],
    Conversion: [100, 500],
  },
  delaySeconds: [0, 300],
};

/** A greater Jakarta in which people sleep at night, and in which platforms and cities differ. The others build on it. */
const jakarta = {
  cities: [
    { name: "Jakarta", weight: 5 },
    { name: "Bogor", weight: 2 },
    { name: "Depok", weight: 1.5 },
    { name: "Tangerang", weight: 2 },
    { name: "Bekasi", weight: 2.5 },
  ],
  platforms: [
    { name: "X", weight: 1.5, bounce: 1.25, conversion: 0.8 },
    { name: "Instagram", weight: 3, bounce: 0.9, conversion: 1.1 },
    { name: "Facebook", weight: 2.5, conversion: 0.95 },
    { name: "Telegram", weight: 1, bounce: 0.8 },
    { name: "TikTok", weight: 3.5, bounce: 1.1, conversion: 1.2 },
  ],
  affinities: [
    { city: "Jakarta", platform: "X", weight: 1.5 },
    { city: "Bogor", platform: "Facebook", weight: 1.6 },
    { city: "Depok", platform: "TikTok", weight: 1.4 },
  ],
  season: {
    utcOffsetMinutes: 420,
    daily: [
      0.35, 0.22, 0.15, 0.12, 0.15, 0.3, 0.55, 0.8, 0.95, 1, 1.05, 1.2, 1.4, 1.25, 1.1, 1.05, 1.1, 1.25, 1.5, 1.8, 1.9,
      1.7, 1.2, 0.7,
    ],
    weekly: [0.95, 0.95, 0.95, 1, 1.1, 1.25, 1.2],
  },
  traffic: {
    kind: "funnel",
    visitors: [500, 1000],
    usagePerVisitor: [0.6, 1.4],
    bounceRate: [0.15, 0.3],
    conversionRate: [0.35, 0.65],
    saleRate: [0.2, 0.4],
  },
} satisfies Partial<Scenario>;

/** What `npm start` shows: 20 events a second, with a little of all that happens every day. */
const everyday: Scenario = {
  ...jakarta,
  name: "default",
  rate: { kind: "constant", perSecond: 20 },
  delaySeconds: [0, 20],
  faults: {
    outOfOrder: { share: 0.02, delaySeconds: [60, 290] },
    lateJust: { share: 0.002 },
    lateFar: { share: 0.003, bySeconds: [60, 1200] },
    duplicateAtOnce: { share: 0.005 },
    duplicateAfterAMinute: { share: 0.005 },
    malformed: { share: 0.005 },
    zeroVisitors: { share: 0.005 },
  },
};

/** 24 hours of event time, as fast as possible: from midnight to midnight in Jakarta, if begun at 17:00 UTC. */
const day: Scenario = {
  ...jakarta,
  name: "day",
  rate: { kind: "constant", perSecond: 10 },
  events: 864_000,
  pace: "max",
  delaySeconds: [0, 20],
  campaigns: [
    { city: "Bekasi", platform: "Instagram", fromSeconds: 10 * HOUR, forSeconds: HOUR, conversion: 1.3 },
    { city: "Jakarta", platform: "TikTok", fromSeconds: 19 * HOUR, forSeconds: HOUR, conversion: 1.3 },
  ],
  spikes: [{ city: "Depok", fromSeconds: 15 * HOUR, forSeconds: HOUR / 2, visitors: 2.5 }],
  outages: [{ platform: "Facebook", fromSeconds: 13 * HOUR, forSeconds: HOUR / 2 }],
  faults: {
    outOfOrder: { share: 0.02, delaySeconds: [60, 290] },
    lateJust: { share: 0.001 },
    lateFar: { share: 0.001, bySeconds: [60, 1200] },
    duplicateAtOnce: { share: 0.002 },
    malformed: { share: 0.001 },
    zeroVisitors: { share: 0.001 },
  },
};

/** Calm at 100 events a second, and every minute ten seconds of 3,000. */
const rush: Scenario = {
  ...jakarta,
  name: "rush",
  rate: { kind: "burst", perSecond: 100, burstPerSecond: 3000, everySeconds: 60, burstSeconds: 10 },
  delaySeconds: [0, 20],
};

/** All that can go wrong, in shares that show in every thousand events. */
const dirty: Scenario = {
  ...jakarta,
  name: "dirty",
  rate: { kind: "constant", perSecond: 50 },
  delaySeconds: [0, 20],
  faults: {
    outOfOrder: { share: 0.05, delaySeconds: [30, 230] },
    lastMoment: { share: 0.01 },
    windowEdge: { share: 0.01 },
    equalTime: { share: 0.01 },
    ahead: { share: 0.01, aheadSeconds: [1, 60] },
    zeroVisitors: { share: 0.01 },
    implausible: { share: 0.01 },
    lateJust: { share: 0.01 },
    lateFar: { share: 0.01, bySeconds: [60, 43_200] },
    duplicateAtOnce: { share: 0.01 },
    duplicateAfterAMinute: { share: 0.01 },
    duplicateAfterARestart: { share: 0.01, afterSeconds: [90, 200] },
    malformed: { share: 0.015 },
    future: { share: 0.01, bySeconds: [1, 86_400] },
    replays: { everyEvents: 5000, events: 250 },
  },
};

/** One pair of city and platform has nine of ten events, and its partition with it. */
const skewed: Scenario = {
  ...jakarta,
  name: "skewed",
  rate: { kind: "constant", perSecond: 200 },
  cities: deck.cities,
  platforms: deck.platforms,
  // 216 beside 24 others of 1.
  affinities: [{ city: "Jakarta", platform: "TikTok", weight: 216 }],
  delaySeconds: [0, 20],
};

/**
 * After two minutes the one pair falls silent for ever that partition 4 of the default 8 holds: its windows stay open,
 * and it holds back the overall watermark until it counts as idle.
 */
const quiet: Scenario = {
  ...jakarta,
  name: "quiet",
  rate: { kind: "constant", perSecond: 20 },
  delaySeconds: [0, 20],
  outages: [{ city: "Tangerang", platform: "TikTok", fromSeconds: 120, forSeconds: 100 * 365 * 24 * HOUR }],
};

/**
 * Bad times of three kinds: single ones far in the future (quarantined), a producer whose whole clock is half an hour
 * fast (nothing can tell; honest events in its partitions are late until they have caught up), and records without timestamps.
 */
const clocks: Scenario = {
  ...jakarta,
  name: "clocks",
  rate: { kind: "constant", perSecond: 20 },
  delaySeconds: [0, 20],
  clocks: [
    { city: "Bogor", platform: "Telegram", fromSeconds: 300, forSeconds: 60, aheadSeconds: 1800 },
    { city: "Depok", platform: "X", fromSeconds: 60, forSeconds: 600, aheadSeconds: -7200 },
    { city: "Tangerang", fromSeconds: 60, forSeconds: 600, aheadSeconds: 0, timestamps: false },
  ],
  faults: {
    ahead: { share: 0.01, aheadSeconds: [1, 60] },
    future: { share: 0.02, bySeconds: [1, 315_360_000] },
  },
};

/** The scenarios that come with the library. */
export const presets = { deck, default: everyday, day, rush, dirty, skewed, quiet, clocks } as const satisfies Record<
  string,
  Scenario
>;
