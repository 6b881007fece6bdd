/** A queue between one who pushes and one who iterates: `push` tells whether there is room for more. */
export interface BatchQueue<T> extends AsyncIterable<T> {
  push(item: T): void;
  /** Resolves once fewer than `capacity` items wait, or after `ms`. */
  roomWithin(ms: number): Promise<boolean>;
  /** The iteration ends behind what was pushed. */
  end(): void;
  /** The iteration rejects at once. */
  fail(error: unknown): void;
}

export function createBatchQueue<T>(capacity: number): BatchQueue<T> {
  const items: T[] = [];
  const state: { ended: boolean; failure?: { readonly error: unknown } } = { ended: false };
  let wakeReader: (() => void) | undefined;
  let wakeWriter: (() => void) | undefined;
  const isClosed = () => state.ended || state.failure !== undefined;

  async function* iterate(): AsyncGenerator<T> {
    for (;;) {
      if (state.failure !== undefined) throw state.failure.error;
      const item = items.shift();
      if (item !== undefined) {
        wakeWriter?.();
        yield item;
      } else if (state.ended) return;
      else await new Promise<void>((resolve) => (wakeReader = resolve));
    }
  }

  return {
    push(item) {
      items.push(item);
      wakeReader?.();
    },
    async roomWithin(ms) {
      if (items.length < capacity || isClosed()) return true;
      let timer: NodeJS.Timeout | undefined;
      await new Promise<void>((resolve) => {
        wakeWriter = resolve;
        timer = setTimeout(resolve, ms);
      });
      clearTimeout(timer);
      return items.length < capacity || isClosed();
    },
    end() {
      state.ended = true;
      wakeReader?.();
      wakeWriter?.();
    },
    fail(error) {
      state.failure ??= { error };
      wakeReader?.();
      wakeWriter?.();
    },
    [Symbol.asyncIterator]: iterate,
  };
}
