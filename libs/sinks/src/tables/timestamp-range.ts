/** What a timestamptz column and a Date both hold, epoch ms. */
export const timestampRange = {
  /** The Julian calendar's day 0, 4714-11-24 BC. */
  earliestMs: -210_866_803_200_000,
  latestMs: 8_640_000_000_000_000,
} as const;
