import { describe, expect, it } from "vitest";
import { PipelineHealth } from "../src/health.js";
import { EMPTY_LEDGER } from "../src/ledger.js";
import { lagOf, OwnedPartitions } from "../src/owned-partitions.js";
import type { PipelineEvent } from "../src/pipeline-event.js";
import { claimed, committed } from "./events.js";

const unavailable: PipelineEvent = {
  type: "postgres-unavailable",
  attempt: 1,
  retryInMs: 1,
  error: new Error("no answer"),
};
const available: PipelineEvent = { type: "postgres-available", attempts: 2 };

/** The health of a pipeline to which these events have happened, and what makes more of them happen. */
function after(...events: readonly PipelineEvent[]) {
  const partitions = new OwnedPartitions();
  const health = new PipelineHealth(partitions);
  const on = (event: PipelineEvent) => {
    partitions.on(event);
    health.on(event);
  };
  for (const event of events) on(event);
  return { health, on };
}

const running = () =>
  after(
    { type: "connected" },
    { type: "assigned", partitions: [0, 1] },
    claimed(0, { epoch: 3 }, { logEndOffset: 10, takenOffset: 8 }),
    claimed(1, { epoch: 3, nextOffset: 4 }, { logEndOffset: 9, takenOffset: 4 }),
  );

describe("whether a consumer is ready", () => {
  it("takes an assignment, every claim, Postgres and Kafka, and says what is missing", () => {
    const { health, on } = after();
    expect(health.unreadyReason()).toBe("no partitions have been assigned yet");
    on({ type: "waiting-for-topic", topic: "events" });
    expect(health.unreadyReason()).toBe("Kafka: there is no topic events");
    on({ type: "connected" });
    on({ type: "assigned", partitions: [0, 1] });
    on(claimed(0, { epoch: 3 }, { logEndOffset: 0, takenOffset: 0 }));
    expect(health.unreadyReason()).toBe("partitions 1 are not claimed yet");
    on(claimed(1, { epoch: 3 }, { logEndOffset: 0, takenOffset: 0 }));
    expect(health.unreadyReason()).toBeUndefined();

    on(unavailable);
    expect(health.unreadyReason()).toBe("Postgres: no answer");
    on(available);
    health.onPostgresProbe("asleep");
    expect(health.unreadyReason()).toBe("Postgres: asleep");
    health.onPostgresProbe(undefined);
    on({ type: "disconnected", error: new Error("refused") });
    expect(health.unreadyReason()).toBe("Kafka: refused");
    on({ type: "reconnected" });
    on({ type: "fenced", partition: 1 });
    expect(health.unreadyReason()).toBe("partitions 1 are not claimed yet");
  });

  it("does not ask for a partition: the members of a group may be more than there are", () => {
    const { health, on } = after();
    on({ type: "assigned", partitions: [] });
    expect(health.unreadyReason()).toBeUndefined();
  });
});

describe("whether a consumer is stuck", () => {
  const minutes = 300_000;

  it("is when records that it took in have waited for their checkpoint for five minutes", () => {
    const { health, on } = running();
    expect(health.stuckReason(1_000_000)).toBeUndefined();
    expect(health.stuckReason(1_000_000 + minutes - 1)).toBeUndefined();
    expect(health.stuckReason(1_000_000 + minutes)).toBe(
      "records of partitions 0 have waited for their checkpoint for 300 s or more",
    );
    on(committed(0, { nextOffset: 5 }, { epoch: 3 }));
    expect(health.stuckReason(1_000_000 + minutes)).toBeUndefined();
  });

  it("is not while Postgres is away, nor where records that the log has do not come: a restart would help nobody", () => {
    const { health, on } = running();
    expect(health.stuckReason(0)).toBeUndefined();
    on(unavailable);
    expect(health.stuckReason(minutes)).toBeUndefined();
    on(available);
    expect(health.stuckReason(minutes)).toBeUndefined();
    expect(health.stuckReason(2 * minutes)).toBeDefined();
    on(committed(0, { nextOffset: 8 }, { epoch: 3 }));
    expect(health.partitions.get(1)).toMatchObject({ nextOffset: 4, reach: { logEndOffset: 9 } });
    expect(health.stuckReason(3 * minutes)).toBeUndefined();
    expect(health.stuckReason(4 * minutes)).toBeUndefined();
  });
});

describe("a consumer on a slow link", () => {
  const minute = 60_000;

  it("is not stuck while bytes of its checkpoint leave, and is where a try only sends again what others have sent", () => {
    const { health, on } = running();
    let sent = 0;
    const attempt = (number: number): PipelineEvent => ({
      type: "writing",
      partition: 0,
      attempt: number,
      records: 8,
      bytes: 3_000,
      sentBytes: () => sent,
    });
    on(attempt(1));
    for (let minutes = 0; minutes <= 20; minutes += 1) {
      sent += 100;
      expect(health.stuckReason(minutes * minute)).toBeUndefined();
    }
    on(attempt(2));
    sent = 50;
    expect(health.stuckReason(22 * minute)).toBeUndefined();
    expect(health.stuckReason(25 * minute)).toBeDefined();
  });

  it("shows what is being written, and what was written last", () => {
    const { health, on } = running();
    expect(health.activity(performance.now())).toEqual({ writing: [], lastCommit: undefined, divided: 0 });
    on({ type: "writing", partition: 0, attempt: 2, records: 8, bytes: 3_000, sentBytes: () => 1_200 });
    expect(health.activity(performance.now() + 500)).toMatchObject({
      writing: [{ partition: 0, attempt: 2, records: 8, bytes: 3_000, sentBytes: 1_200, forMs: expect.any(Number) }],
    });
    expect(health.unreadyReason()).toBeUndefined();
    on({ type: "checkpoint-divided", partition: 0, records: 8, bytes: 3_000, error: new Error("too long") });
    expect(health.activity(performance.now())).toMatchObject({ writing: [], divided: 1 });
    on(committed(0, { nextOffset: 8 }, { epoch: 3 }));
    expect(health.activity(performance.now())).toMatchObject({ writing: [], lastCommit: { partition: 0 } });
  });
});

describe("a consumer whose checkpoint runs into a time-out again and again", () => {
  const refused = Object.assign(new Error("canceling statement due to lock timeout"), {
    severity: "ERROR",
    code: "55P03",
  });

  it("is stuck, and not ready, though Postgres answers whoever asks something else", () => {
    const { health, on } = running();
    const reasons: (string | undefined)[] = [];
    for (let attempt = 1; attempt <= 61; attempt += 1) {
      on({ type: "postgres-unavailable", attempt, retryInMs: 1, error: refused });
      health.onPostgresProbe(undefined);
      reasons.push(health.stuckReason(attempt * 5_000));
      expect(health.unreadyReason()).toBe("Postgres: canceling statement due to lock timeout");
    }
    expect(reasons.filter((reason) => reason !== undefined)).toEqual([
      "records of partitions 0 have waited for their checkpoint for 300 s or more",
    ]);
  });

  it("is ready again once it is fenced and has claimed anew", () => {
    const { health, on } = running();
    on({ type: "postgres-unavailable", attempt: 1, retryInMs: 1, error: refused });
    on({ type: "fenced", partition: 0 });
    on(claimed(0, { epoch: 3 }, { logEndOffset: 10, takenOffset: 0 }));
    expect(health.unreadyReason()).toBeUndefined();
  });
});

describe("the figures of a partition", () => {
  it("are those of the last commit", () => {
    const { health, on } = running();
    const ledger = { ...EMPTY_LEDGER, read: 6, counted: 6 };
    on(committed(0, { nextOffset: 8, watermarkMs: 5_000, ledger }, { epoch: 3 }));
    expect(health.partitions.get(0)).toMatchObject({ epoch: 3, nextOffset: 8, watermarkMs: 5_000, ledger });
    expect([...health.partitions.values()].map(lagOf)).toEqual([2, 5]);
  });

  it("go with the partition, and a commit that ends afterwards does not bring them back", () => {
    const { health, on } = running();
    on({ type: "revoked", partitions: [0] });
    on(committed(0, { nextOffset: 9 }, { epoch: 3 }));
    expect([...health.partitions.keys()]).toEqual([1]);
  });
});

it("tells beside that retention fails, until it works again", () => {
  const { health, on } = running();
  on({ type: "retention-failed", reason: "out of shared memory", tries: 1 });
  expect(health.unreadyReason()).toBeUndefined();
  expect(health.degradedReasons()).toEqual(["retention fails, and old rows stay: out of shared memory"]);
  expect(health.isRetentionFailing).toBe(true);
  on({ type: "retention-recovered" });
  expect([health.degradedReasons(), health.isRetentionFailing]).toEqual([[], false]);
});
