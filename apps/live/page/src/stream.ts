import type { ServerEvents } from "../../src/protocol.js";

/** `connecting` is before the first event of a choice; `lost` is while the server doesn't answer. */
export type Connection = "connecting" | "open" | "lost";

type EventHandlers = {
  readonly [Name in keyof ServerEvents]: (event: ServerEvents[Name]) => void;
};

export interface StreamHandlers {
  readonly connection: (connection: Connection) => void;
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

  function close(): void {
    source?.close();
    source = undefined;
    clearTimeout(timer);
  }

  function connect(query: string): void {
    close();
    const opened = new EventSource(`/api/events${query}`);
    source = opened;
    const fail = () => {
      if (source !== opened) return;
      close();
      handlers.connection("lost");
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
        handlers.connection("open");
        const handle: EventHandlers[Name] = handlers.events[name];
        handle(JSON.parse(message.data));
      });
    }
    listen("names");
    listen("panels");
    listen("pulse");
    opened.addEventListener("error", fail);
    watch();
  }

  return {
    open(query) {
      failures = 0;
      handlers.connection("connecting");
      connect(query);
    },
    pause: close,
  };
}
