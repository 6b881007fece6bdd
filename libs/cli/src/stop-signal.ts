import { SIGNAL_EXIT_CODES } from "./exit-codes.js";
import { watchParent } from "./parent-watch.js";
import { waitForProcessEnd } from "./process-life.js";

type SignalName = keyof typeof SIGNAL_EXIT_CODES;

/**
 * A signal; or the reader of the output, the process that started this one, or the stack with the servers has ended; or
 * the program itself has failed.
 */
export type StopCause = SignalName | "output" | "parent" | "stack" | "failure";

/** Why a program was stopped: the reason of its stop signal. */
export class StopRequest extends Error {
  override readonly name = "StopRequest";
  readonly code = "stopped";
  readonly by: StopCause;
  /** 130, 143 or 129 for a signal, else 1. */
  readonly exitCode: number;

  constructor(by: StopCause) {
    super(`stopped by ${by}`);
    this.by = by;
    this.exitCode = by in SIGNAL_EXIT_CODES ? SIGNAL_EXIT_CODES[by as SignalName] : 1;
  }
}

export interface StopOptions {
  /** What a second signal exits with. Default 1. */
  readonly secondExitCode?: number;
  /** SIGHUP is ignored, so that the program outlives its terminal. Default false. */
  readonly ignoreHangup?: boolean;
  /** Stops as well when the process that started this one is gone. Default false. */
  readonly withParent?: boolean;
  /** Nobody reads the output any more (`| head`): stop, or ignore it. Default "stop". */
  readonly closedOutput?: "stop" | "ignore";
  /** Called before a second signal exits. */
  readonly onExit?: () => void;
}

export interface StopSignal {
  readonly signal: AbortSignal;
  /** Set once the program was stopped. */
  readonly request: () => StopRequest | undefined;
  readonly stop: (by: StopCause) => void;
}

/** Nx and a terminal may both signal the same stop; a person's second Ctrl-C comes later. */
const sameStopMs = 400;

/** Aborts on SIGINT, SIGTERM and SIGHUP with a `StopRequest` as the reason. A second signal exits at once. */
export function createStopSignal(options: StopOptions = {}): StopSignal {
  const { secondExitCode = 1, closedOutput = "stop" } = options;
  const controller = new AbortController();
  let firstMs: number | undefined;
  const stop = (by: StopCause): void => controller.abort(new StopRequest(by));
  for (const name of Object.keys(SIGNAL_EXIT_CODES) as SignalName[]) {
    process.on(name, () => {
      if (name === "SIGHUP" && options.ignoreHangup === true) return;
      firstMs ??= performance.now();
      if (performance.now() - firstMs > sameStopMs) {
        options.onExit?.();
        process.exit(secondExitCode);
      }
      stop(name);
    });
  }
  if (options.withParent === true) watchParent(() => stop("parent"));
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", () => {
      if (closedOutput === "stop") stop("output");
    });
  }
  return {
    signal: controller.signal,
    request: () => (controller.signal.aborted ? (controller.signal.reason as StopRequest) : undefined),
    stop,
  };
}

/**
 * With the stack its servers have gone for good: stops the program when the stack's process has ended, and logs it.
 * Does nothing where no address came from a stack. `done` ends the watching.
 */
export async function stopWithStack(
  stackPid: number | undefined,
  { signal, stop }: StopSignal,
  warn: (line: string) => void,
  done: AbortSignal = signal,
): Promise<void> {
  if (stackPid === undefined) return;
  await waitForProcessEnd(stackPid, done);
  if (done.aborted || signal.aborted) return;
  warn(`the stack (pid ${stackPid}) has ended. Start it again: nx run stack:serve, or npm start.`);
  stop("stack");
}
