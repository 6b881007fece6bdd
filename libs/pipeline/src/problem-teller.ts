import { isUnavailable } from "@tidemark/sinks";

/**
 * Tells what Postgres refuses of work beside the checkpoints: once, until it is something else or the work has succeeded. That Postgres is
 * unavailable the sink tells.
 */
export class ProblemTeller {
  readonly #tell: (reason: string) => void;
  #last: string | undefined;

  constructor(tell: (reason: string) => void) {
    this.#tell = tell;
  }

  onFailed(error: unknown): void {
    if (isUnavailable(error)) return;
    const reason = error instanceof Error ? error.message : String(error);
    if (reason !== this.#last) this.#tell(reason);
    this.#last = reason;
  }

  onSucceeded(): void {
    this.#last = undefined;
  }
}
