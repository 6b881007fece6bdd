import type { Fields, VectorCase } from "./case.js";

/** A point in which ours is not as an engine is, on purpose: known by a case's kind and configuration, never by its id. */
export interface Divergence {
  readonly name: string;
  readonly reason: string;
  /** Ours has no such thing: the adapter shows what it gives instead. Else it does around ours what the engine does. */
  readonly isMissing?: true;
  readonly appliesTo: (vector: VectorCase) => boolean;
}

/**
 * A case that ours does not pass must be of one of these, and must pass once its adapter does what the engine does: then
 * nothing else in it differs.
 */
export const divergences = [
  {
    name: "windows-before-the-epoch",
    reason: "Windows start by mathematical floor, before 0 as well; Kafka Streams has none that begins before 0.",
    appliesTo: ({ config }) => config["minStart"] !== undefined || windowOf(config)["minStart"] !== undefined,
  },
  {
    name: "sessions-a-gap-apart-merge",
    reason: "Sessions exactly a gap apart merge, as in four engines of five; in Beam they do not.",
    appliesTo: ({ kind, config }) => kind === "session-group" && config["mergeAtExactGap"] === false,
  },
  {
    name: "closed-sessions-stay-closed",
    reason:
      "A session that has closed was given out for good, and takes no more events; Kafka Streams merges it again while its " +
      "store still has it, and gives it out twice. Allowed lateness is what keeps ours open for longer.",
    appliesTo: ({ kind }) => kind.startsWith("session-count-") || kind === "session-late",
  },
  {
    name: "sessions-merge-before-they-are-judged",
    reason:
      "An event that joins an open session counts, though its own session would be closed; Spark drops it before it looks.",
    appliesTo: ({ engine, kind }) => engine === "spark" && kind === "session-count",
  },
  {
    name: "restarts-keep-every-source",
    reason:
      "A snapshot holds the watermark of each source; Spark keeps the overall one alone, and waits for each source anew.",
    appliesTo: ({ kind, steps }) => kind === "watermark-merge" && steps.some(({ op }) => op === "restart"),
  },
  {
    name: "returning-sources-hold",
    reason:
      "A source that is back from being idle holds the overall watermark until it has caught up, so that its events are not made " +
      "late; Flink leaves it out of the minimum until then.",
    appliesTo: ({ kind, steps }) => kind === "watermark-valve" && steps.some(({ op }) => op === "active"),
  },
  {
    name: "negative-offsets",
    reason: "Offsets may be negative, |offset| < slide, as in Flink and Spark; Beam refuses them.",
    appliesTo: ({ kind, steps }) => kind === "invalid-config" && steps.some(({ offset }) => Number(offset) < 0),
  },
  {
    name: "durations-are-integers",
    reason: "Durations are integers of ms: words are refused, and nothing here reads them.",
    isMissing: true,
    appliesTo: ({ kind }) => kind === "duration-parse",
  },
  {
    name: "counts-never-fall",
    reason:
      "Input is events, not a table's changes: an event that counted is not taken back when its key gets another value.",
    isMissing: true,
    appliesTo: ({ kind }) => kind === "table-count-by-value-suppress",
  },
  {
    name: "windows-lie-on-a-grid",
    reason:
      "Windows begin at multiples of their slide, or are sessions; those that Kafka Streams calls sliding begin and end with each event.",
    isMissing: true,
    appliesTo: ({ engine, config }) => engine === "kafka-streams" && windowOf(config)["type"] === "sliding",
  },
  {
    name: "joins-are-by-time-alone",
    reason:
      "There are no joins. One on equal times is a window of one point in time; others cannot be said in windows.",
    isMissing: true,
    appliesTo: ({ kind, config }) =>
      kind === "join-then-windowed-count" && config["join"] !== "inner on equal event time",
  },
] as const satisfies readonly Divergence[];

export type DivergenceName = (typeof divergences)[number]["name"];

function windowOf(config: Fields): Fields {
  return (config["window"] ?? {}) as Fields;
}
