import type { ServerEvents } from "../../src/protocol.js";

/** `connecting` is before the first event; `lost` is while the server doesn't answer, or answers that it won't. */
export type Connection = "connecting" | "open" | "lost";

type EventHandlers = {
  readonly [Name in keyof ServerEvents]: (event: ServerEvents[Name]) => void;
};

export interface StreamHandlers {
  /** `refusal` is the sentence in which a server says why it won't. */
  readonly connection: (connection: Connection, refusal?: string) => void;
  readonly events: EventHandlers;
}

export interface Stream {
  /** Leaves the stream that it was on. `query` begins with `?`. */
  open(query: string): void;
  /** Nobody is looking: costs the server nothing until `open`. */
  pause(): void;
}

/** Pulses come every second: so long without anything, and the connection is dead though nobody said so. */
const silenceMs = 6_000;
const retriesMs = [500, 1_000, 2_000, 4_000];

/**
 * Server-sent events that come back by themselves: after an error, after an answer that is no stream (which an EventSource
 * gives up on), and after a silence.
 */
export function createStream(handlers: StreamHandlers): Stream {
  let source: EventSource | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let failures = 0;
  let told: Connection | undefined;

  function tell(connection: Connection): void {
    if (connection !== told) handlers.connection(connection);
    told = connection;
  }

  function close(): void {
    source?.close();
    source = undefined;
    clearTimeout(timer);
  }

  function connect(query: string): void {
    close();
    const url = `/api/events${query}`;
    const opened = new EventSource(url);
    source = opened;
    const fail = () => {
      if (source !== opened) return;
      close();
      tell("lost");
      timer = setTimeout(() => connect(query), retriesMs[Math.min(failures, retriesMs.length - 1)]);
      failures += 1;
    };
    const watch = () => {
      clearTimeout(timer);
      timer = setTimeout(fail, silenceMs);
    };
    function listen<Name extends keyof ServerEvents>(name: Name): void {
      opened.addEventListener(name, (message: MessageEvent<string>) => {
        if (source !== opened) return;
        watch();
        failures = 0;
        tell("open");
        const handle: EventHandlers[Name] = handlers.events[name];
        handle(JSON.parse(message.data));
      });
    }
    listen("names");
    listen("panels");
    listen("pulse");
    opened.addEventListener("error", () => {
      const isRefused = opened.readyState === EventSource.CLOSED;
      fail();
      if (isRefused) void readRefusal(url).then((refusal) => told === "lost" && handlers.connection("lost", refusal));
    });
    watch();
  }

  return {
    open(query) {
      failures = 0;
      told = undefined;
      tell("connecting");
      connect(query);
    },
    pause: close,
  };
}

/** An EventSource does not say what the server said. */
async function readRefusal(url: string): Promise<string | undefined> {
  const asking = new AbortController();
  try {
    const answer = await fetch(url, { signal: asking.signal });
    if (answer.ok) return undefined;
    const { error }: { readonly error?: unknown } = await answer.json();
    return typeof error === "string" ? error : undefined;
  } catch {
    return undefined;
  } finally {
    asking.abort();
  }
}
