import type { PipelineEvent } from "./pipeline-event.js";

/** A try to write a checkpoint that is under way. */
export interface Writing {
  readonly partition: number;
  readonly records: number;
  /** Of the records' values. */
  readonly bytes: number;
  /** From 1 on. */
  readonly attempt: number;
  readonly forMs: number;
  /** Bytes that have left this process for Postgres; the system's own buffers count as sent. */
  readonly sentBytes: number;
}

/** What is written to Postgres now, and was written last. It tells a slow link from an outage. */
export interface WriteActivity {
  readonly writing: readonly Writing[];
  /** The last checkpoint that was committed; undefined before the first. */
  readonly lastCommit:
    | {
        readonly partition: number;
        readonly records: number;
        readonly agoMs: number;
        /** From the first try to the answer. */
        readonly durationMs: number;
      }
    | undefined;
  /** Checkpoints that were too large for a limit of Postgres's, and were divided. */
  readonly divided: number;
}

type Attempt = Extract<PipelineEvent, { readonly type: "writing" }> & { readonly beganMs: number };
type LastCommit = Omit<NonNullable<WriteActivity["lastCommit"]>, "agoMs"> & { readonly atMs: number };

/** Follows the tries of a running pipeline. Times are those of a monotonic clock, in ms. */
export class WriteWatch {
  readonly #attempts = new Map<number, Attempt>();
  #lastCommit: LastCommit | undefined;
  #divided = 0;

  on(event: PipelineEvent, nowMs: number): void {
    switch (event.type) {
      case "writing":
        this.#attempts.set(event.partition, { ...event, beganMs: nowMs });
        return;
      case "committed": {
        const { partition, records, durationMs } = event;
        this.#attempts.delete(partition);
        this.#lastCommit = { partition, records, durationMs, atMs: nowMs };
        return;
      }
      case "checkpoint-divided":
        this.#divided += 1;
        this.#attempts.delete(event.partition);
        return;
      case "revoked":
        for (const partition of event.partitions) this.#attempts.delete(partition);
        return;
      case "fenced":
      case "retrying":
        this.#attempts.delete(event.partition);
        return;
      default:
    }
  }

  /** Bytes that the partition's present try has sent; undefined where none is under way. */
  sentBytes(partition: number): number | undefined {
    return this.#attempts.get(partition)?.sentBytes();
  }

  read(nowMs: number): WriteActivity {
    const last = this.#lastCommit;
    return {
      writing: [...this.#attempts.values()].map(({ partition, records, bytes, attempt, beganMs, sentBytes }) => {
        return { partition, records, bytes, attempt, forMs: Math.round(nowMs - beganMs), sentBytes: sentBytes() };
      }),
      lastCommit: last && {
        partition: last.partition,
        records: last.records,
        agoMs: Math.round(nowMs - last.atMs),
        durationMs: Math.round(last.durationMs),
      },
      divided: this.#divided,
    };
  }
}
