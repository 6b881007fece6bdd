/** More than the sink has connections, so that none waits for a checkpoint to be made. */
const SIDE_BY_SIDE = 6;
/** A commit that takes longer is held up by something, such as a lock on one partition's rows: others go on. In ms. */
const PATIENCE_MS = 1_000;

/**
 * Lets a few partitions at a time make and write their checkpoints. A checkpoint takes several times the memory of the state that
 * it is made of, and hundreds of partitions may come to the end of the log at once. Those that wait go on to gather records.
 */
export class CommitTurns {
  readonly #waiting: (() => void)[] = [];
  readonly #patienceMs: number;
  #free: number;

  constructor(sideBySide = SIDE_BY_SIDE, patienceMs = PATIENCE_MS) {
    this.#free = sideBySide;
    this.#patienceMs = patienceMs;
  }

  /** Begins the work at once, or when it is its turn, in the order of calls. The turn ends with the work, or after a while. */
  async run(work: () => Promise<void>): Promise<void> {
    if (this.#free > 0) this.#free -= 1;
    else await new Promise<void>((resolve) => void this.#waiting.push(resolve));
    let isOver = false;
    const end = () => {
      clearTimeout(timer);
      if (isOver) return;
      isOver = true;
      // The turn goes from hand to hand: nobody who comes later overtakes.
      const next = this.#waiting.shift();
      if (next === undefined) this.#free += 1;
      else next();
    };
    const timer = setTimeout(end, this.#patienceMs);
    try {
      await work();
    } finally {
      end();
    }
  }
}
