import type { Claim } from "@tidemark/sinks";
import { describe, expect, it } from "vitest";
import { ConsumerState, type CheckpointFigures } from "../../src/monitor/consumer-state.js";
import { emptyLedger } from "../../src/progress.js";

function claimOf(partition: number, nextOffset = 0): Claim {
  return {
    partition,
    epoch: 3,
    startOffset: 0,
    nextOffset,
    watermarkMs: -Infinity,
    maxEventTimeMs: -Infinity,
    ledger: emptyLedger,
    windows: [],
    ids: [],
  };
}

const checkpointAt = (nextOffset: number, ledger = emptyLedger) => ({
  nextOffset,
  watermarkMs: 5_000,
  maxEventTimeMs: 5_000,
  ledger,
  changed: [],
});

const away = { kind: "unavailable", attempt: 1, retryInMs: 1, error: new Error("no answer") } as const;

function running(figures: CheckpointFigures[] = []): ConsumerState {
  const state = new ConsumerState((one) => figures.push(one));
  state.onSourceEvent({ type: "connected" });
  state.onSourceEvent({ type: "assigned", partitions: [0, 1] });
  state.claimed(claimOf(0), { logEndOffset: 10, takenOffset: 8 });
  state.claimed(claimOf(1, 4), { logEndOffset: 9, takenOffset: 4 });
  return state;
}

describe("whether a consumer is ready", () => {
  it("takes an assignment, every claim, Postgres and Kafka, and says what is missing", () => {
    const state = new ConsumerState();
    expect(state.unreadyReason()).toBe("no partitions have been assigned yet");
    state.onSourceEvent({ type: "waiting-for-topic", topic: "events" });
    expect(state.unreadyReason()).toBe("Kafka: there is no topic events");
    state.onSourceEvent({ type: "connected" });
    state.onSourceEvent({ type: "assigned", partitions: [0, 1] });
    state.claimed(claimOf(0), { logEndOffset: 0, takenOffset: 0 });
    expect(state.unreadyReason()).toBe("partitions 1 are not claimed yet");
    state.claimed(claimOf(1), { logEndOffset: 0, takenOffset: 0 });
    expect(state.unreadyReason()).toBeUndefined();

    state.onSinkEvent(away);
    expect(state.unreadyReason()).toBe("Postgres: no answer");
    state.onSinkEvent({ kind: "available", attempts: 2 });
    state.onPostgresProbe("asleep");
    expect(state.unreadyReason()).toBe("Postgres: asleep");
    state.onPostgresProbe(undefined);
    state.onSourceEvent({ type: "disconnected", error: new Error("refused") });
    expect(state.unreadyReason()).toBe("Kafka: refused");
    state.onSourceEvent({ type: "reconnected" });
    state.onSourceEvent({ type: "fenced", partition: 1 });
    expect(state.unreadyReason()).toBe("partitions 1 are not claimed yet");
  });

  it("does not ask for a partition: the members of a group may be more than there are", () => {
    const state = new ConsumerState();
    state.onSourceEvent({ type: "assigned", partitions: [] });
    expect(state.unreadyReason()).toBeUndefined();
  });
});

describe("whether a consumer is stuck", () => {
  const minutes = 300_000;

  it("is when records that it took in have waited for their checkpoint for five minutes", () => {
    const state = running();
    expect(state.stuckReason(1_000_000)).toBeUndefined();
    expect(state.stuckReason(1_000_000 + minutes - 1)).toBeUndefined();
    expect(state.stuckReason(1_000_000 + minutes)).toBe(
      "records of partitions 0 have waited for their checkpoint for 300 s or more",
    );
    state.committed(0, checkpointAt(5), 1);
    expect(state.stuckReason(1_000_000 + minutes)).toBeUndefined();
  });

  it("is not while Postgres is away, nor where records that the log has do not come: a restart would help nobody", () => {
    const state = running();
    expect(state.stuckReason(0)).toBeUndefined();
    state.onSinkEvent(away);
    expect(state.stuckReason(minutes)).toBeUndefined();
    state.onSinkEvent({ kind: "available", attempts: 2 });
    expect(state.stuckReason(minutes)).toBeUndefined();
    expect(state.stuckReason(2 * minutes)).toBeDefined();
    state.committed(0, checkpointAt(8), 1);
    expect(state.partitions.get(1)).toMatchObject({ lag: 5 });
    expect(state.stuckReason(3 * minutes)).toBeUndefined();
    expect(state.stuckReason(4 * minutes)).toBeUndefined();
  });
});

describe("a consumer whose checkpoint runs into a time-out again and again", () => {
  const refused = Object.assign(new Error("canceling statement due to lock timeout"), {
    severity: "ERROR",
    code: "55P03",
  });

  it("is stuck, and not ready, though Postgres answers whoever asks something else", () => {
    const state = running();
    const reasons: (string | undefined)[] = [];
    for (let attempt = 1; attempt <= 61; attempt += 1) {
      state.onSinkEvent({ kind: "unavailable", attempt, retryInMs: 1, error: refused });
      state.onPostgresProbe(undefined);
      reasons.push(state.stuckReason(attempt * 5_000));
      expect(state.unreadyReason()).toBe("Postgres: canceling statement due to lock timeout");
    }
    expect(reasons.filter((reason) => reason !== undefined)).toEqual([
      "records of partitions 0 have waited for their checkpoint for 300 s or more",
    ]);
  });

  it("is ready again once it is fenced and has claimed anew", () => {
    const state = running();
    state.onSinkEvent({ kind: "unavailable", attempt: 1, retryInMs: 1, error: refused });
    state.onSourceEvent({ type: "fenced", partition: 0 });
    state.claimed(claimOf(0), { logEndOffset: 10, takenOffset: 0 });
    expect(state.unreadyReason()).toBeUndefined();
  });
});

describe("the figures of a partition", () => {
  it("are those of the last commit, and a checkpoint's rows are what it added", () => {
    const figures: CheckpointFigures[] = [];
    const state = running(figures);
    const ledger = { ...emptyLedger, read: 6, counted: 2, duplicate: 1, late: 1, quarantined: 1, rejected: 1 };
    state.committed(0, checkpointAt(6, ledger), 12);
    state.committed(0, checkpointAt(8, { ...ledger, read: 8, counted: 4 }), 13);
    expect(figures).toEqual([
      { durationMs: 12, rows: 5 },
      { durationMs: 13, rows: 2 },
    ]);
    expect(state.partitions.get(0)).toMatchObject({ epoch: 3, nextOffset: 8, lag: 2, watermarkMs: 5_000 });
    expect(state.partitions.get(1)).toMatchObject({ nextOffset: 4, lag: 5 });
  });

  it("go with the partition, and a commit that ends afterwards does not bring them back", () => {
    const state = running();
    state.onSourceEvent({ type: "revoked", partitions: [0] });
    state.committed(0, checkpointAt(9), 1);
    expect([...state.partitions.keys()]).toEqual([1]);
  });
});
