/** Milliseconds to wait after so many failures in a row: 100 ms doubling to `capMs`, less up to a half; 0 after none. */
export function backoffMs(failures: number, capMs = 5_000): number {
  if (failures <= 0) return 0;
  const full = Math.min(capMs, 100 * 2 ** Math.min(failures - 1, 20));
  return full * (0.5 + Math.random() / 2);
}

/** Resolves after `ms`, or at once when the signal fires. */
export async function wait(ms: number, signal: AbortSignal): Promise<void> {
  if (ms > 0) await settlesWithin(new Promise(() => {}), ms, signal);
}

/** Resolves when the signal has fired; never rejects. */
export function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

/**
 * Waits for the work for `ms` at most, or until the signal. True when it settled, whichever way. Leaves nothing behind on the
 * signal, which may live long (a Promise.race with it would grow by every call).
 */
export function settlesWithin(work: Promise<unknown>, ms: number, signal?: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => finish(false), ms);
    const giveUp = (): void => finish(false);
    const finish = (settled: boolean): void => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", giveUp);
      resolve(settled);
    };
    if (signal?.aborted === true) finish(false);
    else signal?.addEventListener("abort", giveUp, { once: true });
    work.then(
      () => finish(true),
      () => finish(true),
    );
  });
}
