/** A timer that waits for its turn in the schedule. */
export interface VirtualTimer {
  readonly owner: object;
  dueMs: number;
  /** Of one that comes again. */
  readonly everyMs?: number;
  readonly run: () => void;
}

const real = { setTimeout, clearTimeout, setInterval, clearInterval };
const realRandom = Math.random;

/**
 * While it is installed, what runs for an owner has its timers, `performance.now` and `Math.random` from here. Everything
 * else (the test runner) keeps the real ones.
 */
export class VirtualTime {
  nowMs = 0;
  /** For whom code runs now. */
  owner: object | undefined;
  readonly #timers = new Set<VirtualTimer>();
  readonly #random: () => number;

  constructor(random: () => number) {
    this.#random = random;
  }

  /** Of all timers whose owner `isAwake`, the one that is due first. */
  next(isAwake: (owner: object) => boolean): VirtualTimer | undefined {
    let first: VirtualTimer | undefined;
    for (const timer of this.#timers) {
      if ((first === undefined || timer.dueMs < first.dueMs) && isAwake(timer.owner)) first = timer;
    }
    return first;
  }

  /** Sets the clock to when the timer is due; it may be overdue. */
  fire(timer: VirtualTimer): void {
    this.nowMs = Math.max(this.nowMs, timer.dueMs);
    if (timer.everyMs === undefined) this.#timers.delete(timer);
    else timer.dueMs = this.nowMs + timer.everyMs;
    timer.run();
  }

  install(): void {
    const start = (timer: Omit<VirtualTimer, "owner">, owner: object): unknown => {
      const started = { ...timer, owner, unref: () => started };
      this.#timers.add(started);
      return started;
    };
    const cancel = (timer: unknown, cancelReal: (timer: NodeJS.Timeout) => void): void => {
      if (!this.#timers.delete(timer as VirtualTimer)) cancelReal(timer as NodeJS.Timeout);
    };
    Object.assign(globalThis, {
      setTimeout: (run: () => void, ms = 0) =>
        this.owner === undefined ? real.setTimeout(run, ms) : start({ dueMs: this.nowMs + ms, run }, this.owner),
      setInterval: (run: () => void, ms = 0) =>
        this.owner === undefined
          ? real.setInterval(run, ms)
          : start({ dueMs: this.nowMs + ms, everyMs: ms, run }, this.owner),
      clearTimeout: (timer: unknown) => cancel(timer, real.clearTimeout),
      clearInterval: (timer: unknown) => cancel(timer, real.clearInterval),
    });
    Object.defineProperty(performance, "now", { value: () => this.nowMs, configurable: true });
    Math.random = this.#random;
  }

  uninstall(): void {
    Object.assign(globalThis, real);
    Reflect.deleteProperty(performance, "now");
    Math.random = realRandom;
  }
}
