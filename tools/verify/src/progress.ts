import type { Writable } from "node:stream";
import { createTerminal } from "@tidemark/cli";
import type { VerifyProgress } from "./verify.js";

/** Says how far it is, once it takes longer than a second. */
export interface ProgressLine {
  update(progress: VerifyProgress): void;
  /** Takes the line away. */
  close(): void;
}

const patienceMs = 1_000;
const liveEveryMs = 250;
const lineEveryMs = 5_000;

const number = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });

/** On a terminal one line that is rewritten; else a line every few seconds. */
export function createProgressLine(stream: Writable & { readonly isTTY?: boolean }): ProgressLine {
  const terminal = createTerminal({ out: stream, err: stream });
  let step: { readonly first: VerifyProgress; readonly sinceMs: number } | undefined;
  let last: VerifyProgress | undefined;

  function show(): void {
    if (last === undefined || step === undefined) return;
    terminal.update(formatProgress(last, last.done - step.first.done, performance.now() - step.sinceMs));
  }

  let timer: NodeJS.Timeout | undefined = setTimeout(() => {
    show();
    timer = setInterval(show, stream.isTTY === true ? liveEveryMs : lineEveryMs);
  }, patienceMs);

  return {
    update(progress) {
      const isFirst = step?.first.step !== progress.step;
      // What comes before the first figures is preparation, and says nothing of the rate.
      if (isFirst || step?.first.done === 0) step = { first: progress, sinceMs: performance.now() };
      last = progress;
    },
    close() {
      clearTimeout(timer);
      timer = undefined;
      terminal.clear();
    },
  };
}

const steps = { scenario: "events placed", log: "offsets compared", panels: "panels' queries compared" } as const;

/** `1,200,000 of 10,000,000 offsets compared (12 %), 85,000/s, 1m 43s left`. */
export function formatProgress({ step, done, of }: VerifyProgress, doneSince: number, sinceMs: number): string {
  const share = of === 0 ? 100 : Math.floor((done / of) * 100);
  const perSecond = doneSince / (sinceMs / 1000);
  const text = `${number.format(done)} of ${number.format(of)} ${steps[step]} (${share} %)`;
  if (!(perSecond >= 1)) return text;
  return `${text}, ${number.format(perSecond)}/s, ${formatSeconds((of - done) / perSecond)} left`;
}

function formatSeconds(seconds: number): string {
  const whole = Math.ceil(seconds);
  return whole < 60 ? `${whole}s` : `${Math.floor(whole / 60)}m ${whole % 60}s`;
}
