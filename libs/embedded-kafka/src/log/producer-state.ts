import { errorCode, type ErrorCode } from "../protocol/error-code.js";
import type { BatchHeader } from "./record-batch.js";

export interface SequenceCheck {
  readonly error: ErrorCode;
  /** Of the same batch, if it was sent before; null for one that is to be appended. */
  readonly baseOffset: number | null;
}

interface Producer {
  readonly epoch: number;
  readonly recent: readonly { readonly first: number; readonly last: number; readonly offset: number }[];
}

/** As many batches as an idempotent producer may have in flight. */
const remembered = 5;
const maxProducers = 10_000;
const noProducer = -1;

/** What a partition knows of its idempotent producers: the epoch and the last batches of each. */
export function createProducerState() {
  const producers = new Map<number, Producer>();

  return {
    /** Whether a batch continues its producer's sequence. As with Kafka, one that is unknown may go on anywhere. */
    check(header: BatchHeader): SequenceCheck {
      const { producerId, producerEpoch, baseSequence } = header;
      const producer = producers.get(producerId);
      if (producerId === noProducer || producer === undefined) return append;
      if (producerEpoch < producer.epoch) return refuse(errorCode.invalidProducerEpoch);
      const recent = producerEpoch === producer.epoch ? producer.recent : [];
      const last = lastSequence(header);
      const sent = recent.find((batch) => batch.first === baseSequence && batch.last === last);
      if (sent !== undefined) return { error: errorCode.none, baseOffset: sent.offset };
      const expected = ((recent.at(-1)?.last ?? -1) + 1) % sequences;
      return baseSequence === expected ? append : refuse(errorCode.outOfOrderSequence);
    },
    /** Takes note of a batch that is in the log. */
    note(header: BatchHeader): void {
      if (header.producerId === noProducer) return;
      const known = producers.get(header.producerId);
      const before = known?.epoch === header.producerEpoch ? known.recent.slice(1 - remembered) : [];
      const sent = { first: header.baseSequence, last: lastSequence(header), offset: header.baseOffset };
      producers.delete(header.producerId); // Set anew, it is the youngest in the map's order.
      producers.set(header.producerId, { epoch: header.producerEpoch, recent: [...before, sent] });
      const oldest = producers.keys().next();
      if (producers.size > maxProducers && oldest.done !== true) producers.delete(oldest.value);
    },
  };
}

const append: SequenceCheck = { error: errorCode.none, baseOffset: null };

function refuse(error: ErrorCode): SequenceCheck {
  return { error, baseOffset: null };
}

/** Sequences are int32 and go on at 0 behind the largest. */
const sequences = 2 ** 31;

function lastSequence(header: BatchHeader): number {
  return (header.baseSequence + header.recordCount - 1) % sequences;
}
