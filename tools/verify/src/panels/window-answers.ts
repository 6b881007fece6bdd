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
  readonly #cities = new Set<string>();
  readonly #platforms = new Set<string>();

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
      this.#cities.add(city);
      this.#platforms.add(platform);
    }
    if (!isChosen(variables.city, city) || !isChosen(variables.platform, platform)) return;
    if (size === "5s" && toMs - lastMinutesMs <= startMs && startMs < toMs) {
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
    const platforms = new Map<string, Sums>();
    const all = new Sums();
    for (const { platform, sums } of places) {
      valueOf(platforms, platform, newSums).addSums(sums);
      all.addSums(sums);
    }
    const ofPlatforms = (rate: (sums: Sums) => AnswerRow): AnswerRow[] =>
      sorted(platforms.keys()).map((platform) => ({ platform, ...rate(platforms.get(platform) ?? new Sums()) }));
    const orNone = (rows: readonly AnswerRow[]) => (places.length === 0 ? [] : rows);
    const bestCities = (figure: "usage" | "sales", column: string) =>
      sorted(platforms.keys()).map((platform) => {
        const [best] = places.filter((place) => place.platform === platform).sort(mostFirst(figure));
        return { platform, city: best?.city ?? null, [column]: best === undefined ? null : Number(best.sums[figure]) };
      });
    return {
      "total-usage": orNone([{ usage: Number(all.usage) }]),
      "total-transactions": orNone([{ transactions: Number(all.sales) }]),
      "platform-with-most-visitors": this.#mostVisitors(),
      "real-time-total-usage": this.#usageOverTime(),
      "average-conversion-rate": ofPlatforms(conversionOf),
      "average-bounce-rate": ofPlatforms(bounceOf),
      "conversion-by-city-and-platform": places
        .sort((a, b) => byBytes(a.city, b.city) || byBytes(a.platform, b.platform))
        .map(({ city, platform, sums }) => ({ city, platform, ...conversionOf(sums) })),
      "city-with-most-users": bestCities("usage", "users"),
      "city-with-most-sales": bestCities("sales", "sales"),
      funnel: orNone(funnelOf(all)),
      "variable city": sorted(this.#cities).map((name) => ({ name })),
      "variable platform": sorted(this.#platforms).map((name) => ({ name })),
    };
  }

  #mostVisitors(): AnswerRow[] {
    const most = [...this.#lastMinutes].reduce((max, [, visitors]) => (visitors > max ? visitors : max), -1n);
    const names = sorted(this.#lastMinutes.keys()).filter((platform) => this.#lastMinutes.get(platform) === most);
    return names.slice(0, 1).map((platform) => ({ platform, visitors: Number(most) }));
  }

  /** Every platform has a value at every point between the first and the last one. */
  #usageOverTime(): AnswerRow[] {
    const platforms = sorted(new Set([...this.#points.values()].flatMap((point) => [...point.keys()])));
    return gaplessStarts(this.#points.keys(), this.#pointMs).flatMap((time) =>
      platforms.map((metric) => ({ time, metric, usage: Number(this.#points.get(time)?.get(metric) ?? 0n) })),
    );
  }
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
