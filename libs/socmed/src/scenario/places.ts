import { isWithin, ScenarioError, type Place, type Places } from "@tidemark/scenario";
import { nameOf, type Scenario } from "./scenario.js";

/** A city and a platform, as they are drawn together. */
export interface Pair extends Place {
  readonly city: string;
  readonly platform: string;
  readonly bounce: number;
  readonly conversion: number;
}

/** Weighted pairs; from outage to outage, those that are out have no weight. Throws ScenarioError where none is left. */
export function createPlaces(scenario: Scenario): Places<Pair> {
  const affinities = affinitiesOf(scenario);
  const pairs = scenario.cities.flatMap((city) =>
    scenario.platforms.map((platform) => {
      const pair = pairOf(city, platform);
      return {
        pair,
        weight: ownWeight(city) * ownWeight(platform) * (affinities.get(pair.city)?.get(pair.platform) ?? 1),
      };
    }),
  );
  const outages = scenario.outages ?? [];
  const bounds = [
    ...new Set(outages.flatMap(({ fromSeconds, forSeconds }) => [fromSeconds, fromSeconds + forSeconds])),
  ];
  bounds.sort((a, b) => a - b);
  const tables = [-Infinity, ...bounds].map((from) => {
    const out = outages.filter((outage) => isWithin(outage, from));
    const left = pairs.filter(({ pair, weight }) => weight > 0 && !out.some((outage) => isAt(outage, pair)));
    if (left.length === 0) throw nothingLeft(from);
    return createTable(left);
  });
  return {
    draw(draw, atSeconds) {
      let segment = 0;
      while (segment < bounds.length && (bounds[segment] as number) <= atSeconds) segment++;
      return (tables[segment] as (draw: number) => Pair)(draw);
    },
  };
}

function nothingLeft(fromSeconds: number): ScenarioError {
  const when = fromSeconds === -Infinity ? "at the start" : `${fromSeconds} s after the start`;
  return new ScenarioError(`Nothing is left to report ${when}: outages or weights of 0 leave no city and platform.`);
}

/** Whether something that is limited in place holds for the pair. */
export function isAt(
  limits: { readonly city?: string | undefined; readonly platform?: string | undefined },
  pair: Pair,
): boolean {
  return (
    (limits.city === undefined || limits.city === pair.city) &&
    (limits.platform === undefined || limits.platform === pair.platform)
  );
}

function pairOf(city: Scenario["cities"][number], platform: Scenario["platforms"][number]): Pair {
  const { bounce = 1, conversion = 1 } = typeof platform === "string" ? {} : platform;
  return {
    city: nameOf(city),
    platform: nameOf(platform),
    key: `${nameOf(city)}|${nameOf(platform)}`,
    bounce,
    conversion,
  };
}

const ownWeight = (place: string | { readonly weight?: number | undefined }) =>
  typeof place === "string" ? 1 : (place.weight ?? 1);

/** The affinities by city and platform; several of one pair are multiplied. */
function affinitiesOf({ affinities = [] }: Scenario): ReadonlyMap<string, ReadonlyMap<string, number>> {
  const byCity = new Map<string, Map<string, number>>();
  for (const { city, platform, weight } of affinities) {
    const byPlatform = byCity.get(city) ?? new Map<string, number>();
    byCity.set(city, byPlatform.set(platform, (byPlatform.get(platform) ?? 1) * weight));
  }
  return byCity;
}

function createTable(weighted: readonly { readonly pair: Pair; readonly weight: number }[]): (draw: number) => Pair {
  let sum = 0;
  const upTo = weighted.map(({ weight }) => (sum += weight));
  return (draw) => {
    const target = draw * sum;
    let low = 0;
    let high = weighted.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((upTo[middle] as number) > target) high = middle;
      else low = middle + 1;
    }
    return (weighted[low] as (typeof weighted)[number]).pair;
  };
}
