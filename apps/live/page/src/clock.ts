/** Postgres's clock, as the page knows it: what the last pulse said, and what has passed since. */
export class ServerClock {
  #offsetMs = 0;
  #known = false;

  /** `nowMs` is epoch ms by Postgres's clock. */
  hear(nowMs: number): void {
    this.#offsetMs = nowMs - performance.now();
    this.#known = true;
  }

  /** Epoch ms; before the first pulse by the browser's clock. */
  get nowMs(): number {
    return this.#known ? this.#offsetMs + performance.now() : Date.now();
  }
}
