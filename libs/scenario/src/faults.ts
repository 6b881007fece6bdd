import { z } from "zod";
import { wholeRange } from "./ranges.js";

const DAY_SECONDS = 86_400;
/** What faults may take of a block: the rest is ordinary, so that there is always something to copy or to be late behind. */
const LARGEST_SHARE = 0.9;

const amount = { share: z.number().min(0).max(1).optional(), count: z.int().min(0).optional() };

/** One kind of fault: how many of each block it is, and what else there is to say of it. */
export const fault = <Shape extends z.core.$ZodLooseShape>(description: string, shape: Shape) =>
  z
    .strictObject({ ...amount, ...shape })
    .refine(
      (value: { share?: unknown; count?: unknown }) => (value.share === undefined) !== (value.count === undefined),
      "it takes either a share or a count",
    )
    .describe(description)
    .optional();

/** These come before a model's own faults in a block, and are counted. */
const countedKinds = {
  outOfOrder: fault("Ts far behind the arrival, but within the watermark delay", {
    delaySeconds: wholeRange(0, DAY_SECONDS),
  }),
  lastMoment: fault("the oldest Ts that is still sure to be counted", {}),
  windowEdge: fault("Ts exactly on the edge of a minute, and so of every window", {}),
  equalTime: fault("the Ts of the ordinary event before it, under another id", {}),
  ahead: fault("Ts after the arrival, but within the allowed skew: it moves the watermark", {
    aheadSeconds: wholeRange(1, DAY_SECONDS),
  }),
};

/** These come behind a model's own faults. */
const otherKinds = <const Reasons extends readonly [string, ...string[]]>(reasons: Reasons) => ({
  lateJust: fault("Ts in the last window that has closed in its partition, as far as the event before it tells", {}),
  lateFar: fault("Ts further back than that", { bySeconds: wholeRange(1, DAY_SECONDS) }),
  duplicateAtOnce: fault("the ordinary event before it, once more", {}),
  duplicateAfterAMinute: fault("an ordinary event that arrived 60 s before, once more", {}),
  duplicateAfterARestart: fault("an ordinary event from before a restart, once more", {
    afterSeconds: wholeRange(1, DAY_SECONDS),
  }),
  malformed: fault("bytes that are no event, for each of the reasons in turn", {
    reasons: z.array(z.enum(reasons)).min(1).optional(),
  }),
  future: fault("Ts beyond the arrival and the allowed skew", { bySeconds: wholeRange(1, 253_402_300_799) }),
});

/** The kinds of faults that the engine makes of any model's events. */
export type EngineFaultKind = keyof typeof countedKinds | keyof ReturnType<typeof otherKinds>;

/** The kinds of faults, in the order in which they share a block; `own` are those of the model. */
export function faultKindsOf<Own extends string>(own: readonly Own[]): readonly (EngineFaultKind | Own)[] {
  return [...namesOf(countedKinds), ...own, ...namesOf(otherKinds(["any"]))];
}

function namesOf<Name extends string>(kinds: Readonly<Record<Name, unknown>>): Name[] {
  return Object.keys(kinds) as Name[];
}

interface FaultsOptions<
  Own extends Readonly<Record<string, ReturnType<typeof fault>>>,
  Reasons extends readonly [string, ...string[]],
> {
  /** The model's own faults, by name: made by `fault`. */
  readonly own: Own;
  /** For which a malformed event can be rejected. */
  readonly reasons: Reasons;
}

/** The schema of a scenario's faults. */
export function createFaultsSchema<
  const Own extends Readonly<Record<string, ReturnType<typeof fault>>>,
  const Reasons extends readonly [string, ...string[]],
>({ own, reasons }: FaultsOptions<Own, Reasons>) {
  const kinds = faultKindsOf(Object.keys(own));
  return z
    .strictObject({
      per: z
        .int()
        .min(1)
        .max(2 ** 30)
        .optional()
        .describe("events to a block (1000): counts are per block, and shares are exact from block to block"),
      ...countedKinds,
      ...own,
      ...otherKinds(reasons),
      replays: z
        .strictObject({
          everyEvents: z
            .int()
            .min(2)
            .max(2 ** 40),
          events: z
            .int()
            .min(1)
            .max(2 ** 40),
        })
        .refine(({ everyEvents, events }) => events * 2 <= everyEvents, "at most half of everyEvents can be replayed")
        .optional()
        .describe(
          "of every `everyEvents`, the last `events` are those before them once more: a producer that goes back",
        ),
    })
    .refine(
      (faults) => shareOf(faults as BlockOfFaults, kinds) <= LARGEST_SHARE,
      `the faults add up to more than ${LARGEST_SHARE} of the events`,
    )
    .refine(
      (faults) => mostInBlock(faults as BlockOfFaults, kinds) < ((faults as BlockOfFaults).per ?? DEFAULT_BLOCK),
      "per is too small: a block must have room for each fault",
    );
}

/** The faults that the engine makes; a scenario may have a model's own beside them. */
export type EngineFaults = Omit<
  z.infer<ReturnType<typeof createFaultsSchema<Record<never, never>, [string]>>>,
  "malformed"
> & {
  readonly malformed?: (Amount & { readonly reasons?: readonly string[] | undefined }) | undefined;
};

export const DEFAULT_BLOCK = 1000;

/** How much of each kind a block has. */
interface Amount {
  readonly share?: number | undefined;
  readonly count?: number | undefined;
}

interface BlockOfFaults {
  readonly per?: number | undefined;
}

/** How much of a kind a block has, whoever's kind it is. */
export function amountOf(faults: BlockOfFaults | undefined, kind: string): Amount | undefined {
  return (faults as Readonly<Record<string, Amount | undefined>> | undefined)?.[kind];
}

function shareOf(faults: BlockOfFaults, kinds: readonly string[]): number {
  const { per = DEFAULT_BLOCK } = faults;
  return kinds.reduce((sum, kind) => {
    const { share, count = 0 } = amountOf(faults, kind) ?? {};
    return sum + (share ?? count / per);
  }, 0);
}

/** How many faults a block may have: shares that are no whole numbers of a block come together in some. */
function mostInBlock(faults: BlockOfFaults, kinds: readonly string[]): number {
  const { per = DEFAULT_BLOCK } = faults;
  return kinds.reduce((sum, kind) => {
    const { share = 0, count = Math.ceil(Math.round(share * per * 1e6) / 1e6) } = amountOf(faults, kind) ?? {};
    return sum + count;
  }, 0);
}
