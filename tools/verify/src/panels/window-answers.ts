import type { SocmedView } from "@tidemark/socmed/panels";
import {
  byBytes,
  gaplessStarts,
  startOfPoint,
  valueOf,
  widthOfPoints,
  type AnswerRow,
  type Answers,
} from "./answer.js";
import { DoubleSum } from "./double-sum.js";
import { coarseResolutionOf, isPartOf, resolutionOf, sizeMs, type Resolution } from "./resolution.js";
import { likelyPercents, percentOf } from "./share.js";
import type { WindowRow, WindowSize } from "./table-rows.js";

const lastMinutesMs = 300_000;
/** What panels show by name: so many series and columns, rows and choices. */
const mostSeries = 12;
const mostRows = 30;
const mostChoices = 200;
/** All others. */
const OTHERS = "other";

class RateSums {
  readonly sum = new DoubleSum();
  events = 0n;

  add(sum: number, events: bigint): void {
    this.sum.add(sum);
    this.events += events;
  }
}

/** What all windows of a city on a platform hold together, or those of several. */
class Sums {
  usage = 0n;
  sales = 0n;
  visitors = 0n;
  pageVisitors = 0n;
  conversions = 0n;
  readonly conversionRate = new RateSums();
  readonly bounceRate = new RateSums();

  addRow(row: WindowRow): void {
    this.#addCounts(row);
    this.conversionRate.add(row.conversionRateSum, row.conversionRateCount);
    this.bounceRate.add(row.bounceRateSum, row.bounceRateCount);
  }

  addSums(sums: Sums): void {
    this.#addCounts(sums);
    this.conversionRate.add(sums.conversionRate.sum.value, sums.conversionRate.events);
    this.bounceRate.add(sums.bounceRate.sum.value, sums.bounceRate.events);
  }

  #addCounts(counts: Pick<Sums, "usage" | "sales" | "visitors" | "pageVisitors" | "conversions">): void {
    this.usage += counts.usage;
    this.sales += counts.sales;
    this.visitors += counts.visitors;
    this.pageVisitors += counts.pageVisitors;
    this.conversions += counts.conversions;
  }
}

/** Of a city on a platform. */
interface Place {
  readonly city: string;
  readonly platform: string;
  readonly sums: Sums;
}

const newSums = () => new Sums();
const isChosen = (chosen: readonly string[] | "all" | undefined, name: string) =>
  chosen === "all" || chosen?.includes(name) === true;

/** Adds up the windows of a view, one row after another, and says what each panel has to show of them. */
export class WindowAnswers {
  readonly #view: SocmedView;
  readonly #resolution: Resolution;
  readonly #resolutionOfNames: WindowSize;
  readonly #pointMs: number;
  readonly #places = new Map<string, Place>();
  readonly #lastMinutes = new Map<string, bigint>();
  readonly #points = new Map<number, Map<string, bigint>>();
  readonly #cities = new Map<string, bigint>();
  readonly #platforms = new Map<string, bigint>();

  constructor(view: SocmedView) {
    this.#view = view;
    this.#resolution = resolutionOf(view);
    this.#resolutionOfNames = coarseResolutionOf(view).sums;
    this.#pointMs = widthOfPoints(sizeMs[this.#resolution.series], view.intervalMs);
  }

  take(size: WindowSize, row: WindowRow): void {
    const { toMs, variables } = this.#view;
    const { sums, series } = this.#resolution;
    const { startMs, city, platform } = row;
    if (isPartOf(this.#view, this.#resolutionOfNames, size, startMs)) {
      this.#cities.set(city, (this.#cities.get(city) ?? 0n) + row.events);
      this.#platforms.set(platform, (this.#platforms.get(platform) ?? 0n) + row.events);
    }
    if (!isChosen(variables.city, city) || !isChosen(variables.platform, platform)) return;
    if (platform !== OTHERS && size === "5s" && toMs - lastMinutesMs <= startMs && startMs < toMs) {
      this.#lastMinutes.set(platform, (this.#lastMinutes.get(platform) ?? 0n) + row.visitors);
    }
    if (isPartOf(this.#view, sums, size, startMs)) {
      const place = valueOf(this.#places, JSON.stringify([city, platform]), () => ({
        city,
        platform,
        sums: newSums(),
      }));
      place.sums.addRow(row);
    }
    if (!isPartOf(this.#view, series, size, startMs)) return;
    const point = valueOf(this.#points, startOfPoint(startMs, this.#pointMs), () => new Map<string, bigint>());
    point.set(platform, (point.get(platform) ?? 0n) + row.usage);
  }

  answers(): Answers {
    const places = [...this.#places.values()];
    const all = new Sums();
    for (const { sums } of places) all.addSums(sums);
    const visitorsOf = (key: "city" | "platform") => totals(places, key, (sums) => sums.visitors);
    const ofPlatforms = (rate: (sums: Sums) => AnswerRow): AnswerRow[] => {
      const most = mostNames(visitorsOf("platform"), mostRows);
      return gather(places.map((place) => ({ ...place, city: "", platform: nameIn(most, place.platform) }))).map(
        ({ platform, sums }) => ({ platform, ...rate(sums) }),
      );
    };
    const byPlace = (): AnswerRow[] => {
      const cities = mostNames(visitorsOf("city"), mostRows);
      const platforms = mostNames(visitorsOf("platform"), mostSeries);
      const shown = places.map(({ city, platform, sums }) => ({
        city: nameIn(cities, city),
        platform: nameIn(platforms, platform),
        sums,
      }));
      return gather(shown).map(({ city, platform, sums }) => ({ city, platform, ...conversionOf(sums) }));
    };
    const orNone = (rows: readonly AnswerRow[]) => (places.length === 0 ? [] : rows);
    const bestCities = (figure: "usage" | "sales", column: string) => {
      const known = places.filter(({ city, platform }) => city !== OTHERS && platform !== OTHERS);
      const platforms = mostNames(
        totals(known, "platform", (sums) => sums[figure]),
        mostRows,
      );
      return sorted(platforms).map((platform) => {
        const [best] = known.filter((place) => place.platform === platform).sort(mostFirst(figure));
        return { platform, city: best?.city ?? null, [column]: best === undefined ? null : Number(best.sums[figure]) };
      });
    };
    return {
      "total-usage": orNone([{ usage: Number(all.usage) }]),
      "total-transactions": orNone([{ transactions: Number(all.sales) }]),
      "platform-with-most-visitors": this.#mostVisitors(),
      "real-time-total-usage": this.#usageOverTime(),
      "average-conversion-rate": ofPlatforms(conversionOf),
      "average-bounce-rate": ofPlatforms(bounceOf),
      "conversion-by-city-and-platform": byPlace(),
      "city-with-most-users": bestCities("usage", "users"),
      "city-with-most-sales": bestCities("sales", "sales"),
      funnel: orNone(funnelOf(all)),
      "variable city": choicesOf(this.#cities),
      "variable platform": choicesOf(this.#platforms),
    };
  }

  #mostVisitors(): AnswerRow[] {
    const most = [...this.#lastMinutes].reduce((max, [, visitors]) => (visitors > max ? visitors : max), -1n);
    const names = sorted(this.#lastMinutes.keys()).filter((platform) => this.#lastMinutes.get(platform) === most);
    return names.slice(0, 1).map((platform) => ({ platform, visitors: Number(most) }));
  }

  /** Every platform has a value at every point between the first and the last one. */
  #usageOverTime(): AnswerRow[] {
    const usage = new Map<string, bigint>();
    for (const point of this.#points.values()) {
      for (const [platform, used] of point) usage.set(platform, (usage.get(platform) ?? 0n) + used);
    }
    const most = mostNames(usage, mostSeries);
    const shown = new Set([...usage.keys()].map((platform) => nameIn(most, platform)));
    return gaplessStarts(this.#points.keys(), this.#pointMs).flatMap((time) => {
      const point = [...(this.#points.get(time) ?? [])];
      return othersLast(shown).map((metric) => {
        const used = point.filter(([platform]) => nameIn(most, platform) === metric);
        return { time, metric, usage: Number(used.reduce((sum, [, of]) => sum + of, 0n)) };
      });
    });
  }
}

/** The names with most of a figure; among equals the first by its bytes. All others are one, which is none of them. */
function mostNames(figures: ReadonlyMap<string, bigint>, most: number): ReadonlySet<string> {
  const known = [...figures].filter(([name]) => name !== OTHERS);
  const ranked = known.sort(([a, one], [b, another]) => (one === another ? byBytes(a, b) : one > another ? -1 : 1));
  return new Set(ranked.slice(0, most).map(([name]) => name));
}

const nameIn = (most: ReadonlySet<string>, name: string) => (most.has(name) ? name : OTHERS);

function totals(places: readonly Place[], key: "city" | "platform", figure: (sums: Sums) => bigint) {
  const sums = new Map<string, bigint>();
  for (const place of places) sums.set(place[key], (sums.get(place[key]) ?? 0n) + figure(place.sums));
  return sums;
}

/** The sums of places with the same names, in the order of these; others come last. */
function gather(places: readonly Place[]): Place[] {
  const gathered = new Map<string, Place>();
  for (const { city, platform, sums } of places) {
    const key = JSON.stringify([city, platform]);
    valueOf(gathered, key, () => ({ city, platform, sums: newSums() })).sums.addSums(sums);
  }
  return [...gathered.values()].sort((a, b) => compareNames(a.city, b.city) || compareNames(a.platform, b.platform));
}

const compareNames = (a: string, b: string) => Number(a === OTHERS) - Number(b === OTHERS) || byBytes(a, b);
const othersLast = (names: Iterable<string>) => [...names].sort(compareNames);

function choicesOf(events: ReadonlyMap<string, bigint>): AnswerRow[] {
  const ranked = [...events].sort(([a, one], [b, another]) =>
    one === another ? byBytes(a, b) : one > another ? -1 : 1,
  );
  return sorted(ranked.slice(0, mostChoices).map(([name]) => name)).map((name) => ({ name }));
}

const sorted = (names: Iterable<string>) => [...names].sort(byBytes);

function mostFirst(figure: "usage" | "sales") {
  return (a: Place, b: Place) => {
    if (a.sums[figure] !== b.sums[figure]) return a.sums[figure] > b.sums[figure] ? -1 : 1;
    return byBytes(a.city, b.city);
  };
}

const conversionOf = ({ conversionRate, conversions, visitors }: Sums) => rateOf(conversionRate, conversions, visitors);
const bounceOf = ({ bounceRate, pageVisitors, visitors }: Sums) => rateOf(bounceRate, pageVisitors, visitors);

function rateOf({ sum, events }: RateSums, part: bigint, whole: bigint): AnswerRow {
  const likely = likelyPercents(part, whole);
  return {
    mean: events === 0n ? null : sum.value / Number(events),
    pooled: percentOf(part, whole),
    low: likely?.low ?? null,
    high: likely?.high ?? null,
    events: Number(events),
  };
}

function funnelOf({ visitors, pageVisitors, conversions, sales }: Sums): AnswerRow[] {
  const steps = { Visitors: visitors, Stayed: visitors - pageVisitors, Conversions: conversions, Sales: sales };
  return Object.entries(steps).map(([step, people]) => ({
    step,
    people: Number(people),
    share: percentOf(people, visitors),
  }));
}
