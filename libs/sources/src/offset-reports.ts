/** Tells Kafka's lag tools how far each partition is. Best effort: nothing is read from there again. */
export interface OffsetReports {
  /** Replaces what waits for the partition. */
  report(partition: number, nextOffset: number): void;
  drop(partition: number): void;
  /** Sends what waits, now. Never rejects. */
  flush(): Promise<void>;
  close(): void;
}

/** Sends at most one commit at a time, and one in `intervalMs`. */
export function createOffsetReports(
  commit: (nextOffsets: ReadonlyMap<number, number>) => Promise<void>,
  intervalMs = 1_000,
): OffsetReports {
  let waiting = new Map<number, number>();
  let timer: NodeJS.Timeout | undefined;
  let sending: Promise<void> = Promise.resolve();
  let closed = false;

  async function send(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    if (waiting.size === 0) return;
    const offsets = waiting;
    waiting = new Map();
    // A lost report is made good by the next one.
    await commit(offsets).catch(() => undefined);
  }

  function flush(): Promise<void> {
    sending = sending.then(send);
    return sending;
  }

  return {
    report(partition, nextOffset) {
      if (closed) return;
      waiting.set(partition, nextOffset);
      timer ??= setTimeout(() => void flush(), intervalMs).unref();
    },
    drop(partition) {
      waiting.delete(partition);
    },
    flush,
    close() {
      closed = true;
      clearTimeout(timer);
      waiting.clear();
    },
  };
}
