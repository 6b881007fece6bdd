import { createSource, type KafkaConnection, type PartitionTask, type SourceBatch } from "@tidemark/sources";
import type { ReadOffsets } from "@tidemark/sinks";
import type { PipelineData } from "@tidemark/sinks/tables";
import type { Pipeline } from "./definition/define-pipeline.js";
import { whenAborted } from "./signal.js";

export interface LogPlace {
  readonly brokers: readonly string[];
  readonly connection?: KafkaConnection;
  readonly topic: string;
  readonly group: string;
  readonly maxBatchBytes?: number;
  readonly signal: AbortSignal;
}

/** The names among `absent` that the former definition has no field for. */
export function newFields({ data }: Pipeline, former: PipelineData, absent: readonly string[]): readonly string[] {
  const names = data.fields.map(({ name }) => name);
  return names.filter((name) => absent.includes(name) && !former.fields.some((known) => known.name === name));
}

/**
 * Reads what the log still has of records that were said to lack some fields. Resolves to a sentence for each partition that has a record
 * with one, which names the first one. Rejects as a source does, and with the signal's reason.
 */
export async function findPresentFields(
  pipeline: Pipeline,
  fields: readonly string[],
  { signal, ...place }: LogPlace,
  parts: readonly ReadOffsets[],
): Promise<readonly string[]> {
  const left = new Map(parts.filter(({ from, to }) => from < to).map((part) => [part.partition, part]));
  const problems: string[] = [];
  if (left.size === 0) return problems;
  const hasOne = createLook(pipeline, fields);
  const finished = new AbortController();

  function take({ partition, to }: ReadOffsets, { records, nextOffset }: SourceBatch): void {
    if (!left.has(partition)) return;
    for (const { offset, value } of records) {
      const name = offset < to ? hasOne(value) : undefined;
      if (name === undefined) continue;
      problems.push(
        `The record at offset ${offset} of ${place.topic}[${partition}] has the field ${name}, which --absent says that none had: leave the field out, or rebuild before records have it.`,
      );
      left.delete(partition);
      break;
    }
    if (nextOffset >= to) left.delete(partition);
    if (left.size === 0) finished.abort();
  }

  const source = createSource({
    ...place,
    purpose: { key: "absent fields", description: `a look for new fields of the pipeline ${pipeline.name}` },
    claim: async (partition, { logEndOffset }): Promise<PartitionTask> => {
      const part = left.get(partition);
      return {
        nextOffset: part?.from ?? logEndOffset,
        accept: async (batch) => (part === undefined ? undefined : take(part, batch)),
        close: async () => {},
      };
    },
  });
  const ended = AbortSignal.any([finished.signal, signal]);
  try {
    await source.start();
    await Promise.race([whenAborted(ended), source.done]);
    signal.throwIfAborted();
    return problems;
  } finally {
    await source.stop();
  }
}

/** Gives the field of a value that a row without it would not show. */
function createLook({ data, event }: Pipeline, fields: readonly string[]) {
  const absentValue = new Map(data.fields.map(({ name, default: value }) => [name, value]));
  return (value: Uint8Array | null): string | undefined => {
    const decoded = event.decode(value);
    if (!decoded.ok) return fields.find((name) => name === decoded.rejection.field);
    const found = decoded.event as Readonly<Record<string, unknown>>;
    return fields.find((name) => (found[name] ?? undefined) !== absentValue.get(name));
  };
}
