/** A transaction that was aborted, as an answer to a fetch names it: its first record in the partition, and who sent it. */
export interface AbortedTransaction {
  readonly producerId: string;
  readonly firstOffset: string;
}

/** A record as kafkajs decodes it, in offset order within an answer. */
export interface FetchedMessage {
  readonly offset: string;
  readonly key: Uint8Array | null;
  /** kafkajs gives such records to nobody, and counts their offsets as read. */
  isControlRecord: boolean;
  /** Messages of Kafka before 0.11 have none. */
  readonly batchContext?: { readonly producerId: string; readonly inTransaction?: boolean };
}

/** Marks the records of aborted transactions, which are no control records, as if they were. */
export function markAborted(messages: readonly FetchedMessage[], transactions: readonly AbortedTransaction[]): void {
  const begun = [...transactions].sort((a, b) => Number(a.firstOffset) - Number(b.firstOffset));
  /** Producers whose transaction, at the record, is one that was aborted. */
  const aborting = new Set<string>();
  let next = 0;
  for (const message of messages) {
    const offset = Number(message.offset);
    for (let at = begun[next]; at !== undefined && Number(at.firstOffset) <= offset; at = begun[next]) {
      aborting.add(at.producerId);
      next += 1;
    }
    const { batchContext } = message;
    if (batchContext === undefined) continue;
    // Whatever ends a transaction, the producer's next record belongs to another.
    if (message.isControlRecord) aborting.delete(batchContext.producerId);
    else if (batchContext.inTransaction === true && aborting.has(batchContext.producerId))
      message.isControlRecord = true;
  }
}
