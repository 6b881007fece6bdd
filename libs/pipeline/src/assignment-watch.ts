import type { PipelineEvent, PipelineListener } from "./pipeline-event.js";

/** Tells when the consumer group takes its time to give out partitions: a member that was killed keeps its own for a while. */
export interface AssignmentWatch {
  /** The group is being joined. */
  start(): void;
  on(event: PipelineEvent): void;
  stop(): void;
}

export interface AssignmentWatchOptions {
  readonly group: string;
  /** How long a member that was killed stays in the group. */
  readonly sessionTimeoutMs: number;
  readonly emit: PipelineListener;
  /** After so long it is told, and each time after ten times as long again. In ms; default 2,000. */
  readonly afterMs?: number;
}

export function createAssignmentWatch({
  group,
  sessionTimeoutMs,
  emit,
  afterMs = 2_000,
}: AssignmentWatchOptions): AssignmentWatch {
  let timer: NodeJS.Timeout | undefined;

  function wait(ms: number): void {
    clearTimeout(timer);
    timer = setTimeout(() => {
      emit({ type: "waiting-for-partitions", group, sessionTimeoutMs });
      wait(10 * afterMs);
    }, ms);
  }

  return {
    start: () => wait(afterMs),
    on({ type }) {
      // A server or a topic that is away is told by itself, and what comes after it is waited for anew.
      if (type === "assigned" || type === "disconnected" || type === "waiting-for-topic") clearTimeout(timer);
      if (type === "reconnected" || type === "connected") wait(afterMs);
    },
    stop: () => clearTimeout(timer),
  };
}
