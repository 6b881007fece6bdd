import { amountOf, DEFAULT_BLOCK, type EngineFaults } from "./faults.js";
import { mix } from "./generator.js";
import { shuffled } from "./shuffle.js";

/** What an event is meant to be: "ordinary", or a kind of fault; of a fault, also which of its kind it is, from 0 on. */
export interface Plan {
  readonly kind: string;
  readonly occurrence: number;
}

const ordinary: Plan = { kind: "ordinary", occurrence: 0 };

/**
 * Which events are faults. Each block of `per` events is shuffled, and its first places are the faults: so every whole
 * block has its exact number of each kind (a share of s gives floor(s n) among the first n events, n at a block's end),
 * and no event is two things. Event 0 is always ordinary.
 */
export function createFaultPlan(
  faults: EngineFaults | undefined,
  faultKinds: readonly string[],
  seed: number,
): (index: number) => Plan {
  const per = faults?.per ?? DEFAULT_BLOCK;
  const kinds = faultKinds.flatMap((kind) => {
    const amount = amountOf(faults, kind);
    return amount === undefined ? [] : [{ kind, before: countBefore(amount, per) }];
  });
  if (kinds.length === 0) return () => ordinary;
  const key = mix(mix(seed | 0) ^ Math.floor(seed / 0x1_0000_0000));

  function placeOf(position: number, block: number): number {
    const blockKey = mix(key ^ mix(block | 0) ^ Math.floor(block / 0x1_0000_0000));
    const place = shuffled(position, per, blockKey);
    if (block !== 0) return place;
    // Event 0 has nothing before it to copy or to be late behind: it changes places with whoever came last.
    const last = per - 1;
    if (position === 0) return last;
    return place === last ? shuffled(0, per, blockKey) : place;
  }

  return (index) => {
    const block = Math.floor(index / per);
    let place = placeOf(index - block * per, block);
    for (const { kind, before } of kinds) {
      const earlier = before(block);
      const count = before(block + 1) - earlier;
      if (place < count) return { kind, occurrence: earlier + place };
      place -= count;
    }
    return ordinary;
  };
}

/** How many events of a kind the blocks before `block` have. */
function countBefore(
  amount: { readonly share?: number | undefined; readonly count?: number | undefined },
  per: number,
) {
  const { share, count } = amount;
  if (count !== undefined) return (block: number) => count * block;
  // Rounded first, so that 0.07 of 100 is 7 and not the floor of 6.999...
  return (block: number) => Math.floor(Math.round((share ?? 0) * per * block * 1e6) / 1e6);
}
