import type { SourceBatch } from "@tidemark/sources";

const MOST_RECORDS = 250;
const MOST_BYTES = 1024 * 1024;

/**
 * Cuts a batch that begins at the offset `from` into batches that add up to it, of at most 250 records each, and of little
 * more than 1 MiB of values: a checkpoint that becomes full ends behind one of them.
 */
export function* partsOf(batch: SourceBatch, from: number): Generator<SourceBatch> {
  const { records, logEndOffset } = batch;
  let { lost } = batch;
  let position = from;
  let at = 0;
  do {
    const end = endOfPart(records, at);
    const part = end === records.length && at === 0 ? records : records.slice(at, end);
    const nextOffset = records[end]?.offset ?? batch.nextOffset;
    yield { records: part, nextOffset, skipped: nextOffset - position - lost - part.length, lost, logEndOffset };
    position = nextOffset;
    lost = 0;
    at = end;
  } while (at < records.length);
}

function endOfPart(records: SourceBatch["records"], from: number): number {
  let bytes = 0;
  let at = from;
  while (at < records.length && at - from < MOST_RECORDS && bytes < MOST_BYTES) {
    bytes += records[at]?.value?.length ?? 0;
    at += 1;
  }
  return at;
}
