import type { Pipeline } from "@tidemark/pipeline/definition";
import {
  expectedOf,
  MAX_EVENT_BYTES,
  MAX_RECEIVED_LENGTH,
  rejectionReasons,
  type EventCodec,
  type Field,
} from "@tidemark/schema";
import { describeStatements, type SinkStatements } from "@tidemark/sinks";
import { aggregateColumns, lateBuckets, timestampRange, type PipelineData } from "@tidemark/sinks/tables";
import { notPortable } from "./errors.js";
import { pythonPattern } from "./python-pattern.js";

/** A field as the Spark job decodes it. */
export interface JobField extends Field {
  /** The words of the rejected table. */
  readonly expected: string;
  /** Its pattern for Python's `re.search` with the flag ASCII; null: it has none. */
  readonly pythonPattern: string | null;
}

/** Everything that the Spark job needs to know of a pipeline. Nothing of one is written in Python. */
export interface Job {
  readonly version: 1;
  readonly definition: PipelineData;
  /** The definition as it is stored with the checkpoints. */
  readonly definitionText: string;
  readonly event: {
    readonly maxBytes: number;
    readonly maxReceived: number;
    readonly fields: readonly JobField[];
    readonly rejectionReasons: readonly string[];
  };
  /** The columns of each rollup's aggregates, in their order. */
  readonly aggregates: Readonly<Record<string, ReturnType<typeof aggregateColumns>>>;
  /** null: without an upper bound. */
  readonly lateBuckets: readonly { readonly belowMs: number | null; readonly text: string }[];
  readonly timestampRange: typeof timestampRange;
  readonly sql: SinkStatements;
}

/**
 * The pipeline as data for the Spark job.
 *
 * @throws SparkError `not-portable` where the job cannot give the same tables
 */
export function describeJob(pipeline: Pipeline): Job {
  const { data, tables } = pipeline;
  refuseUnportable(pipeline);
  return {
    version: 1,
    definition: data,
    definitionText: JSON.stringify(data),
    event: {
      maxBytes: MAX_EVENT_BYTES,
      maxReceived: MAX_RECEIVED_LENGTH,
      fields: data.fields.map((field) => describeField(data.name, field)),
      rejectionReasons,
    },
    aggregates: Object.fromEntries(data.rollups.map((rollup) => [rollup.name, aggregateColumns(rollup.aggregates)])),
    lateBuckets: lateBuckets.map(({ belowMs, text }) => ({ belowMs: Number.isFinite(belowMs) ? belowMs : null, text })),
    timestampRange,
    sql: describeStatements({ data, tables }),
  };
}

/** The job as a file: the same bytes for the same definition. */
export function jobText(job: Job): string {
  return `${JSON.stringify(job, null, 1)}\n`;
}

function refuseUnportable({ name, data, event }: Pipeline): void {
  const refuse = (part: string, reason: string): never => {
    throw notPortable(name, part, reason);
  };
  const { unportable } = event as Partial<EventCodec<object>>;
  if (unportable !== undefined) {
    refuse(unportable.field === null ? "the event" : `the field ${unportable.field}`, unportable.reason);
  }
  if (data.decoder !== "json") refuse("the event", "a decoder of its own");
  const { own, topicIds, onConflict } = data.tables;
  if (own.length > 0) refuse(`tables.${own.join(" and tables.")}`, "a table of your own");
  if (topicIds !== undefined) refuse("idScope", 'the value "topic"');
  if (onConflict !== "refuse") refuse("tables.onConflict", JSON.stringify(onConflict));
  const limited = data.rollups.find(({ keyLimit }) => keyLimit !== undefined);
  if (limited !== undefined) refuse(`the rollup ${limited.name}`, "a keyLimit");
}

const REFUSED_KINDS: Readonly<Partial<Record<Field["type"]["kind"], string>>> = {
  array: "arrays, which the job does not copy",
  json: "JSON values, which the job does not copy",
  decimal: "decimals, which the job does not copy",
};

function describeField(pipeline: string, field: Field): JobField {
  const { name, type } = field;
  const refused = REFUSED_KINDS[type.kind];
  if (refused !== undefined) throw notPortable(pipeline, `the field ${name}`, refused);
  if (type.kind === "text" && type.letterCase !== undefined) {
    throw notPortable(
      pipeline,
      `the field ${name}`,
      "a change of case, which follows each language's version of Unicode",
    );
  }
  const pattern = "pattern" in type ? type.pattern : undefined;
  const python = pattern && pythonPattern(pattern, type.kind !== "text");
  if (pattern !== undefined && python === undefined) {
    throw notPortable(
      pipeline,
      `the field ${name}`,
      `the pattern /${pattern.source}/${pattern.flags}, which Python may read otherwise`,
    );
  }
  return { ...field, expected: expectedOf(field), pythonPattern: python ?? null };
}
