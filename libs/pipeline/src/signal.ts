/** A promise that is resolved from outside. */
export interface Signal<T> {
  readonly promise: Promise<T>;
  resolve(value: T): void;
}

export function createSignal<T>(): Signal<T> {
  let settle: ((value: T) => void) | undefined;
  const promise = new Promise<T>((resolve) => {
    settle = resolve;
  });
  return { promise, resolve: (value) => settle?.(value) };
}

/** Resolves with the signal. */
export function whenAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
