import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { SocmedEvent } from "../../src/event.js";
import { createStream, presets, type Scenario } from "../../src/scenario/index.js";
import { countBy, deviationsFrom, meanOf } from "../statistics.js";

// Midnight in Jakarta, on a Sunday.
const startMs = Date.UTC(2024, 1, 3, 17);
const HOUR = 3600;

const plain = {
  ...presets.default,
  season: undefined,
  faults: undefined,
  platforms: ["X", "Instagram", "Facebook", "Telegram", "TikTok"],
} satisfies Scenario;

function eventsOf(scenario: Scenario, count: number, seed = 11, rate?: number): SocmedEvent[] {
  const stream = createStream({ scenario, seed, startMs, ...(rate === undefined ? {} : { rate }) });
  return Array.from({ length: count }, (_, index) => stream.at(index).event).filter((event) => event !== null);
}

const ratio = (part: number, whole: number) => part / whole;
const conversionOf = (events: readonly SocmedEvent[]) =>
  ratio(
    events.reduce((sum, { Conversion }) => sum + Conversion, 0),
    events.reduce((sum, { Visitors, PageVisitors }) => sum + Visitors - PageVisitors, 0),
  );

describe("a funnel", () => {
  const fraction = fc
    .tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.double({ min: 0, max: 1, noNaN: true }))
    .map(([a, b]): [number, number] => [Math.min(a, b), Math.max(a, b)]);
  const funnels = fc.record({
    kind: fc.constant("funnel" as const),
    visitors: fc
      .tuple(fc.nat(2 ** 31 - 1), fc.nat(2 ** 31 - 1))
      .map(([a, b]): [number, number] => [Math.min(a, b), Math.max(a, b)]),
    usagePerVisitor: fraction,
    bounceRate: fraction,
    conversionRate: fraction,
    saleRate: fraction,
  });

  it("never has a part above its whole: visitors hold bounced and engaged, the engaged conversions, those sales", () => {
    fc.assert(
      fc.property(funnels, fc.nat(), fc.double({ min: 0, max: 1000, noNaN: true }), (traffic, seed, factor) => {
        const campaigns = [{ fromSeconds: 0, forSeconds: 1e6, conversion: factor }];
        for (const event of eventsOf({ ...plain, traffic, campaigns }, 20, seed)) {
          expect(event.PageVisitors).toBeLessThanOrEqual(event.Visitors);
          expect(event.Conversion).toBeLessThanOrEqual(event.Visitors - event.PageVisitors);
          expect(event.Sales).toBeLessThanOrEqual(event.Conversion);
        }
      }),
    );
  });

  it("has the rates that it says, on average: bounced of visitors, conversions of engaged, sales of conversions", () => {
    const events = eventsOf(plain, 100_000);
    // Uniform between its bounds: standard deviation is the width / sqrt(12). Bounds: 5 standard errors.
    for (const [values, [from, to]] of [
      [events.map((event) => event.PageVisitors / event.Visitors), [0.15, 0.3]],
      [events.map((event) => event.Conversion / (event.Visitors - event.PageVisitors)), [0.35, 0.65]],
      [events.map((event) => event.Sales / event.Conversion), [0.2, 0.4]],
      [events.map((event) => event.Usage_Count / event.Visitors), [0.6, 1.4]],
    ] as const) {
      const standardError = (to - from) / Math.sqrt(12 * events.length);
      expect(Math.abs(meanOf(values) - (from + to) / 2)).toBeLessThan(5 * standardError);
    }
  });

  it("lets platforms differ by their factors", () => {
    const platforms = ["X", { name: "TikTok", bounce: 0.5, conversion: 1.2 }];
    const events = eventsOf({ ...plain, platforms }, 100_000);
    const of = (name: string) => events.filter(({ Sosial_Media }) => Sosial_Media === name);
    const bounce = (name: string) => meanOf(of(name).map((event) => event.PageVisitors / event.Visitors));
    expect(bounce("TikTok") / bounce("X")).toBeCloseTo(0.5, 2);
    expect(conversionOf(of("TikTok")) / conversionOf(of("X"))).toBeCloseTo(1.2, 2);
  });

  it("converts 30 % more in a campaign's city, platform and hour, and nowhere else", () => {
    const campaigns = [{ city: "Bogor", platform: "TikTok", fromSeconds: HOUR, forSeconds: HOUR, conversion: 1.3 }];
    const events = eventsOf({ ...plain, campaigns }, 150_000, 3, 14);
    const isIn = ({ Kota, Sosial_Media, Ts }: SocmedEvent) =>
      Kota === "Bogor" && Sosial_Media === "TikTok" && Ts >= startMs / 1000 + HOUR && Ts < startMs / 1000 + 2 * HOUR;
    const inside = events.filter(isIn);
    expect(inside.length).toBeGreaterThan(1000);
    expect(conversionOf(inside)).toBeGreaterThan(0.5 * 1.3 - 0.02);
    expect(conversionOf(inside)).toBeLessThan(0.5 * 1.3 + 0.02);
    expect(Math.abs(conversionOf(events.filter((event) => !isIn(event))) - 0.5)).toBeLessThan(0.002);
  });

  it("has more visitors where and while there is a spike", () => {
    const spikes = [{ platform: "X", fromSeconds: HOUR, forSeconds: HOUR, visitors: 3 }];
    const events = eventsOf({ ...plain, spikes }, 100_000, 3, 10);
    const isIn = ({ Sosial_Media, Ts }: SocmedEvent) =>
      Sosial_Media === "X" && Ts >= startMs / 1000 + HOUR && Ts < startMs / 1000 + 2 * HOUR;
    const mean = (list: readonly SocmedEvent[]) => meanOf(list.map(({ Visitors }) => Visitors));
    expect(Math.abs(mean(events.filter(isIn)) / 750 - 3)).toBeLessThan(0.03);
    expect(Math.abs(mean(events.filter((event) => !isIn(event))) / 750 - 1)).toBeLessThan(0.01);
  });
});

describe("a season", () => {
  it("scales the visitors by local hour and weekday, and on straight lines between the hours", () => {
    const daily = Array.from({ length: 24 }, (_, hour) => (hour === 7 ? 3 : 1));
    const weekly = [1, 1, 1, 1, 1, 1, 2];
    const season = { utcOffsetMinutes: 420, daily, weekly };
    const scenario: Scenario = { ...plain, season, delaySeconds: [0, 0], rate: { kind: "constant", perSecond: 1 } };
    const events = eventsOf(scenario, 2 * 86_400);
    const localHour = ({ Ts }: SocmedEvent) => (Ts - startMs / 1000) / HOUR;
    const meanFrom = (from: number, to: number) =>
      meanOf(
        events.filter((event) => localHour(event) >= from && localHour(event) < to).map(({ Visitors }) => Visitors),
      ) / 750;
    // Sunday: all is doubled. From 6 to 7 and from 7 to 8 the factor is a straight line between 1 and 3.
    expect(Math.abs(meanFrom(0, 6) - 2)).toBeLessThan(0.02);
    expect(Math.abs(meanFrom(6, 7) - 4)).toBeLessThan(0.05);
    expect(Math.abs(meanFrom(6.95, 7.05) - 5.9)).toBeLessThan(0.15);
    expect(Math.abs(meanFrom(7, 8) - 4)).toBeLessThan(0.05);
    // Monday.
    expect(Math.abs(meanFrom(24, 30) - 1)).toBeLessThan(0.01);
  });
});

describe("places", () => {
  it("draws pairs by the weights of city and platform and by their affinity", () => {
    const events = eventsOf(presets.day, 200_000);
    const { cities, platforms, affinities = [] } = presets.day;
    const expected = new Map<string, number>();
    for (const city of cities) {
      for (const platform of platforms) {
        if (typeof city === "string" || typeof platform === "string") throw new Error("The preset gives all weights.");
        const affinity = affinities.find((entry) => entry.city === city.name && entry.platform === platform.name);
        expected.set(
          `${city.name}|${platform.name}`,
          (city.weight ?? 1) * (platform.weight ?? 1) * (affinity?.weight ?? 1),
        );
      }
    }
    const whole = [...expected.values()].reduce((sum, weight) => sum + weight, 0);
    for (const [key, weight] of expected) expected.set(key, (weight / whole) * events.length);
    expect(
      deviationsFrom(expected, countBy(events.map(({ Kota, Sosial_Media }) => `${Kota}|${Sosial_Media}`))),
    ).toBeLessThan(6);
  });

  it("says nothing of a place while it is out, to the second, and the others make up for it", () => {
    const outages = [
      { platform: "X", fromSeconds: 600, forSeconds: 600 },
      { city: "Bogor", platform: "TikTok", fromSeconds: 900, forSeconds: 600 },
    ];
    const events = eventsOf({ ...plain, outages }, 40_000);
    const during = (key: Partial<SocmedEvent>, from: number, to: number) =>
      events.filter(({ Kota, Sosial_Media, Ts }) => {
        const at = Ts - startMs / 1000;
        return Sosial_Media === key.Sosial_Media && (key.Kota ?? Kota) === Kota && at >= from && at < to;
      }).length;
    expect(during({ Sosial_Media: "X" }, 600, 1200)).toBe(0);
    expect(during({ Sosial_Media: "X" }, 1200, 1800)).toBeGreaterThan(1000);
    expect(during({ Kota: "Bogor", Sosial_Media: "TikTok" }, 900, 1500)).toBe(0);
    expect(during({ Kota: "Bogor", Sosial_Media: "TikTok" }, 599, 900)).toBeGreaterThan(50);
    expect(during({ Kota: "Depok", Sosial_Media: "TikTok" }, 900, 1500)).toBeGreaterThan(50);
  });
});
