import type { FetchBudget } from "@tidemark/sources";

interface Waiting {
  readonly bytes: number;
  readonly isFetch: boolean;
  grant(): void;
}

/**
 * The memory of one running pipeline, in bytes, over all of its partitions: fetched records that wait to be processed, and the
 * rows of checkpoints until they are committed. Fetched records take at most half of it, so that there is always room for the
 * rows that they become; rows take what is left.
 *
 * What is larger than the whole is let through alone: a share is granted beyond the limit only while nothing else of its kind
 * is held. Requests are granted in the order in which they came.
 */
export class MemoryBudget implements FetchBudget {
  readonly limit: number;
  #fetched = 0;
  #rows = 0;
  readonly #waiting = new Set<Waiting>();

  constructor(limit: number) {
    this.limit = limit;
  }

  get usedBytes(): number {
    return this.#fetched + this.#rows;
  }

  /** Somebody waits for rows to be committed. */
  get isShort(): boolean {
    for (const { isFetch } of this.#waiting) if (!isFetch) return true;
    return false;
  }

  tryTakeFetched(bytes: number): boolean {
    if (!this.#hasRoomFor(bytes, true)) return false;
    this.#fetched += bytes;
    return true;
  }

  freeFetched(bytes: number): void {
    this.#fetched -= bytes;
    this.#grant();
  }

  async untilRoom(bytes: number, signal: AbortSignal): Promise<void> {
    if (!this.#hasRoomFor(bytes, true)) await this.#wait(bytes, true, signal);
  }

  /** Takes a share for rows, and says whether it is there. */
  tryTakeRows(bytes: number): boolean {
    if (this.isShort || !this.#hasRoomFor(bytes, false)) return false;
    this.#rows += bytes;
    return true;
  }

  /** Takes a share for rows as soon as it is there. After the signal it resolves without one: false. */
  async takeRows(bytes: number, signal: AbortSignal): Promise<boolean> {
    if (this.tryTakeRows(bytes)) return true;
    return this.#wait(bytes, false, signal);
  }

  /** The rows take so much more, or less, than was thought. */
  adjustRows(bytes: number): void {
    this.#rows += bytes;
    if (bytes < 0) this.#grant();
  }

  /** `promised`: what others of the kind, who have not taken it yet, were told they may take. */
  #hasRoomFor(bytes: number, isFetch: boolean, promised = 0): boolean {
    if ((isFetch ? this.#fetched : this.#rows) + promised === 0) return true;
    if (isFetch && this.#fetched + promised + bytes > this.limit / 2) return false;
    return this.usedBytes + promised + bytes <= this.limit;
  }

  #wait(bytes: number, isFetch: boolean, signal: AbortSignal): Promise<boolean> {
    if (signal.aborted) return Promise.resolve(false);
    return new Promise((resolve) => {
      const give = (isGranted: boolean) => {
        this.#waiting.delete(waiting);
        signal.removeEventListener("abort", giveUp);
        resolve(isGranted);
        // The next one may have waited for this one alone.
        if (!isGranted) this.#grant();
      };
      const giveUp = () => give(false);
      const waiting: Waiting = { bytes, isFetch, grant: () => give(true) };
      this.#waiting.add(waiting);
      signal.addEventListener("abort", giveUp, { once: true });
    });
  }

  /** Those who wait for rows, and those who wait to fetch, are served each in their own order. */
  #grant(): void {
    for (const isFetch of [false, true]) {
      let promised = 0;
      for (const waiting of [...this.#waiting].filter((each) => each.isFetch === isFetch)) {
        // A fetch takes its share only when its batch has come.
        if (!this.#hasRoomFor(waiting.bytes, isFetch, promised)) break;
        if (isFetch) promised += waiting.bytes;
        else this.#rows += waiting.bytes;
        waiting.grant();
      }
    }
  }
}
