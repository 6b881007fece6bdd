import { base, Faker } from "@faker-js/faker";
import { drawUuid, isWithin, type Generator, type Range } from "@tidemark/scenario";
import { MAX_COUNT } from "@tidemark/schema";
import type { CounterField, SocmedEvent } from "../event.js";
import { isAt, type Pair } from "./places.js";
import type { Scenario } from "./scenario.js";

type Counters = Pick<SocmedEvent, CounterField>;

/** Draws an event's counters, for a pair and a time: epoch seconds, and seconds since the start. */
type DrawCounters = (pair: Pair, ts: number, atSeconds: number) => Counters;

/** Draws events: first the id, then the counters. */
export function createEvents(
  scenario: Scenario,
  generator: Generator,
): (pair: Pair, ts: number, atSeconds: number) => SocmedEvent {
  const drawCounters = createTraffic(scenario, generator);
  return (pair, ts, atSeconds) => {
    const ID = drawUuid(generator);
    const { Usage_Count, Sales, Visitors, PageVisitors, Conversion } = drawCounters(pair, ts, atSeconds);
    // Written out: a spread takes three times as long.
    return {
      ID,
      Kota: pair.city,
      Sosial_Media: pair.platform,
      Usage_Count,
      Sales,
      Visitors,
      PageVisitors,
      Conversion,
      Ts: ts,
    };
  };
}

/** The draws are evaluated in the order written, which is part of what the golden hashes hold. */
function createTraffic(scenario: Scenario, generator: Generator): DrawCounters {
  const faker = new Faker({ locale: base, randomizer: generator });
  const whole = ([min, max]: Range): number => faker.number.int({ min, max });
  const { traffic } = scenario;
  if (traffic.kind === "independent") {
    return () => ({
      Usage_Count: whole(traffic.Usage_Count),
      Sales: whole(traffic.Sales),
      Visitors: whole(traffic.Visitors),
      PageVisitors: whole(traffic.PageVisitors),
      Conversion: whole(traffic.Conversion),
    });
  }
  const { campaigns = [], spikes = [], season } = scenario;
  const fraction = ([from, to]: Range): number => from + (to - from) * generator.next();
  // A part of a whole: as a whole number, right on average, and never above the whole.
  const part = (count: number, share: number): number => Math.min(count, Math.floor(count * share + generator.next()));
  return (pair, ts, atSeconds) => {
    let factor = season === undefined ? 1 : seasonAt(season, ts);
    for (const spike of spikes) if (isWithin(spike, atSeconds) && isAt(spike, pair)) factor *= spike.visitors;
    let conversion = pair.conversion;
    for (const campaign of campaigns) {
      if (isWithin(campaign, atSeconds) && isAt(campaign, pair)) conversion *= campaign.conversion;
    }
    const visitors = countOf(whole(traffic.visitors) * factor + generator.next());
    const usage = countOf(visitors * fraction(traffic.usagePerVisitor) + generator.next());
    const bounced = part(visitors, fraction(traffic.bounceRate) * pair.bounce);
    const conversions = part(visitors - bounced, fraction(traffic.conversionRate) * conversion);
    const sales = part(conversions, fraction(traffic.saleRate));
    return { Usage_Count: usage, Sales: sales, Visitors: visitors, PageVisitors: bounced, Conversion: conversions };
  };
}

function countOf(value: number): number {
  return Math.min(MAX_COUNT, Math.floor(value));
}

const DAY_SECONDS = 86_400;
// 1970-01-01 was a Thursday; weeks begin with Monday.
const EPOCH_WEEKDAY = 3;

/** The factor for the time of day, on a straight line between full hours, and for the day of the week. */
function seasonAt({ utcOffsetMinutes, daily, weekly }: NonNullable<Scenario["season"]>, ts: number): number {
  const local = ts + utcOffsetMinutes * 60;
  const day = Math.floor(local / DAY_SECONDS);
  const hours = (local - day * DAY_SECONDS) / 3600;
  const hour = Math.floor(hours);
  const from = daily[hour] as number;
  const to = daily[(hour + 1) % 24] as number;
  const weekday = (((day + EPOCH_WEEKDAY) % 7) + 7) % 7;
  return (from + (to - from) * (hours - hour)) * (weekly[weekday] as number);
}
