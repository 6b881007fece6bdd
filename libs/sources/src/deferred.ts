/** A promise to be settled from outside. Its rejection may go unheeded. */
export interface Deferred {
  readonly promise: Promise<void>;
  resolve(): void;
  reject(error: unknown): void;
}

const unset = (): void => undefined;

export function defer(): Deferred {
  let resolve = unset;
  let reject: (error: unknown) => void = unset;
  const promise = new Promise<void>((resolvePromise, rejectPromise) => {
    resolve = resolvePromise;
    reject = rejectPromise;
  });
  promise.catch(unset);
  return { promise, resolve, reject };
}
