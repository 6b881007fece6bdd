/** So many checkpoints of a backlog are begun in a second, over all partitions: more would cost transactions, and be seen by nobody. */
const MOST_PER_SECOND = 8;

/**
 * How long a partition with a backlog gathers records for a checkpoint, shared by the partitions of a pipeline: `lingerMs`, and longer
 * where so many gather at once that more than 8 checkpoints a second would be begun. So the fixed costs of checkpoints
 * (transactions, and rows of open windows that are written again) do not grow with the partitions, and progress is still seen each second.
 */
export class CheckpointPace {
  readonly #lingerMs: number;
  #gathering = 0;

  constructor(lingerMs: number) {
    this.#lingerMs = lingerMs;
  }

  /** Calls `write` when the partition has gathered long enough, unless the function that is returned is called before. */
  gather(write: () => void): () => void {
    let isGathering = true;
    const stop = () => {
      clearTimeout(timer);
      if (isGathering) this.#gathering -= 1;
      isGathering = false;
    };
    this.#gathering += 1;
    const timer = setTimeout(
      () => {
        stop();
        write();
      },
      Math.max(this.#lingerMs, (this.#gathering * 1_000) / MOST_PER_SECOND),
    );
    return stop;
  }
}
