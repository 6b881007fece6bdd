import { mergeRows } from "../page/src/merge-rows.js";
import type { ServerEvents, ShownRow } from "../src/protocol.js";

/** What a page would know by now. */
export interface Seen {
  readonly rows: Readonly<Record<string, readonly ShownRow[]>>;
  readonly panels: Omit<ServerEvents["panels"], "rows" | "changes"> | undefined;
  /** The panels that the newest event of rows brought. */
  readonly latest: readonly string[];
  /** Those among them that came as a whole. */
  readonly whole: readonly string[];
  readonly names: ServerEvents["names"] | undefined;
  readonly pulse: ServerEvents["pulse"] | undefined;
  /** How many events of each kind there were. */
  readonly counts: Readonly<Record<keyof ServerEvents, number>>;
  readonly bytes: number;
}

export interface EventClient {
  readonly response: Response;
  readonly seen: Seen;
  /** Resolves when what has been seen is so. Rejects where the stream ends before. */
  until(isSo: (seen: Seen) => boolean): Promise<Seen>;
  /** Resolves when the stream has ended. */
  readonly ended: Promise<void>;
  leave(): void;
}

/** Looks at a choice (the query's text) over a real connection of its own. */
export async function look(url: string, choice: string): Promise<EventClient> {
  const leaving = new AbortController();
  const response = await fetch(`${url}/api/events?${choice}`, { signal: leaving.signal });
  if (response.body === null || !response.ok) throw new Error(`${response.status}: ${await response.text()}`);
  const reader = createEventReader();
  const ended = follow(response.body, reader);
  return {
    response,
    get seen() {
      return reader.seen;
    },
    until: reader.until,
    ended,
    leave: () => leaving.abort(),
  };
}

async function follow(body: ReadableStream<Uint8Array>, reader: EventReader): Promise<void> {
  const decoder = new TextDecoder();
  try {
    for await (const chunk of body) reader.read(decoder.decode(chunk, { stream: true }));
  } catch {
    // Cut: by us, or by the server's end.
  }
  reader.end();
}

export interface EventReader {
  readonly seen: Seen;
  read(text: string): void;
  end(): void;
  until(isSo: (seen: Seen) => boolean): Promise<Seen>;
}

/** Makes what is seen of the stream's text, whatever pieces it comes in. */
export function createEventReader(): EventReader {
  const waiting = new Set<() => void>();
  let isOver = false;
  let rest = "";
  let seen: Seen = {
    rows: {},
    latest: [],
    whole: [],
    panels: undefined,
    names: undefined,
    pulse: undefined,
    counts: { names: 0, panels: 0, pulse: 0 },
    bytes: 0,
  };

  function take(event: string): void {
    const [, name, data] = /^event: (\w+)\ndata: (.*)$/.exec(event) ?? [];
    if (data === undefined) return;
    const { counts } = seen;
    if (name === "names") {
      seen = { ...seen, names: JSON.parse(data), counts: { ...counts, names: counts.names + 1 } };
    } else if (name === "pulse") {
      seen = { ...seen, pulse: JSON.parse(data), counts: { ...counts, pulse: counts.pulse + 1 } };
    } else if (name === "panels") {
      const { rows, changes = {}, ...panels }: ServerEvents["panels"] = JSON.parse(data);
      seen = {
        ...seen,
        panels,
        rows: mergeRows(seen.rows, { rows, changes }),
        latest: [...Object.keys(rows), ...Object.keys(changes)],
        whole: Object.keys(rows),
        counts: { ...counts, panels: counts.panels + 1 },
      };
    }
  }

  function check(): void {
    for (const one of waiting) one();
  }

  return {
    get seen() {
      return seen;
    },
    read(text) {
      seen = { ...seen, bytes: seen.bytes + Buffer.byteLength(text) };
      const events = `${rest}${text}`.split("\n\n");
      rest = events.pop() ?? "";
      for (const event of events) take(event);
      check();
    },
    end() {
      isOver = true;
      check();
    },
    until: (isSo) =>
      new Promise((resolve, reject) => {
        const settle = () => {
          if (isSo(seen)) resolve(seen);
          else if (isOver) reject(new Error("The stream has ended."));
          else return;
          waiting.delete(settle);
        };
        waiting.add(settle);
        settle();
      }),
  };
}
