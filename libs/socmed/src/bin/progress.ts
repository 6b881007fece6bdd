/** What is shown on standard error of a run that takes longer than a second. */
export interface Progress {
  update(done: number): void;
  /** Takes the line away, where it can be. */
  close(): void;
}

export interface ProgressOptions {
  /** A terminal has one line that is updated; anything else a line now and then. */
  readonly isTerminal: boolean;
  readonly write: (text: string) => void;
  readonly total: number;
  /** Rising, in ms. */
  readonly nowMs: () => number;
}

const FIRST_AFTER_MS = 1_000;
const TERMINAL_EVERY_MS = 250;
const LOG_EVERY_MS = 10_000;
const CLEAR_LINE = "\r\u001b[2K";

export function createProgress({ isTerminal, write, total, nowMs }: ProgressOptions): Progress {
  const begunMs = nowMs();
  let nextMs = begunMs + FIRST_AFTER_MS;
  let shown = false;

  return {
    update(done) {
      const ms = nowMs();
      if (ms < nextMs) return;
      nextMs = ms + (isTerminal ? TERMINAL_EVERY_MS : LOG_EVERY_MS);
      const perSecond = (done / (ms - begunMs)) * 1000;
      const line = `${grouped(done)} of ${grouped(total)} events, ${grouped(perSecond)}/s`;
      write(isTerminal ? `${CLEAR_LINE}${line}` : `${line}\n`);
      shown = true;
    },
    close() {
      if (shown && isTerminal) write(CLEAR_LINE);
    },
  };
}

function grouped(count: number): string {
  return Math.floor(count).toLocaleString("en-US");
}
