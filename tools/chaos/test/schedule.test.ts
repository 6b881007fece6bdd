import { describe, expect, it } from "vitest";
import { copyPatienceMs, faultKinds, isKill, isOfServer, targetOf, type Fault } from "../src/fault.js";
import { calmMs, createSchedule, roundsOf, shortestMs } from "../src/schedule.js";

const minute = 60_000;
const seeds = Array.from({ length: 40 }, (_, index) => index * 7_919);
const shapes = [1, 2, 3, 4].flatMap((consumers) =>
  [30_000, minute, 10 * minute].map((lengthMs) => ({ consumers, lengthMs })),
);

/** When it is mended at the latest. */
const endOf = ({ kind, atMs, forMs }: Fault): number => atMs + forMs + (kind.endsWith(" in COPY") ? copyPatienceMs : 0);

describe("a schedule", () => {
  it("is the same for the same options, and another for another seed", () => {
    const options = { seed: 5, lengthMs: 5 * minute, consumers: 4 };
    expect(createSchedule(options)).toEqual(createSchedule(options));
    expect(createSchedule({ ...options, seed: 6 })).not.toEqual(createSchedule(options));
    expect(createSchedule({ ...options, seed: 5 + 2 ** 32 })).not.toEqual(createSchedule(options));
  });

  it("has every kind of fault within four minutes, whatever the seed", () => {
    for (const seed of seeds) {
      const options = { seed, lengthMs: 4 * minute, consumers: 4, failoverEveryMs: 2 * minute };
      const kinds = new Set(createSchedule(options).map(({ kind }) => kind));
      expect([...kinds].sort(), `seed ${seed}`).toEqual([...faultKinds].sort());
    }
  });

  it("replaces Postgres as often as is asked for, and never otherwise", () => {
    const options = { seed: 1, lengthMs: 30 * minute, consumers: 4 };
    const many = (failoverEveryMs: number | null) =>
      createSchedule({ ...options, failoverEveryMs }).filter(({ kind }) => kind === "replace Postgres").length;
    expect([many(null), many(2 * minute), many(minute)]).toEqual([0, 15, 30]);
  });

  it("kills far more often than every ten seconds", () => {
    for (const seed of seeds) {
      const kills = createSchedule({ seed, lengthMs: 35 * minute, consumers: 4 }).filter(({ kind }) => isKill(kind));
      expect(kills.length, `seed ${seed}`).toBeGreaterThan(240);
    }
  });

  it.each(shapes)(
    "leaves a calm at the end of each round, but for who is stopped in COPY: $consumers consumers, $lengthMs ms",
    ({ consumers, lengthMs }) => {
      const rounds = roundsOf(lengthMs);
      expect(rounds).toHaveLength(Math.floor(lengthMs / shortestMs));
      for (const seed of seeds) {
        const faults = createSchedule({ seed, lengthMs, consumers });
        for (const fault of faults) {
          const roundEnd = rounds.find(({ toMs }) => fault.atMs < toMs)?.toMs ?? 0;
          const left = fault.kind === "stop consumer in COPY" ? 0 : calmMs;
          expect(endOf(fault), `seed ${seed}`).toBeLessThanOrEqual(roundEnd - left);
        }
      }
    },
  );

  it.each(shapes)("hits nobody who is still broken: $consumers consumers, $lengthMs ms", ({ consumers, lengthMs }) => {
    for (const seed of seeds) {
      const mendedAt = new Map<string, number>();
      let before = 0;
      for (const fault of createSchedule({ seed, lengthMs, consumers })) {
        expect(fault.atMs, `seed ${seed}`).toBeGreaterThanOrEqual(before);
        before = fault.atMs;
        expect(fault.atMs, `seed ${seed}`).toBeGreaterThan(mendedAt.get(targetOf(fault)) ?? -1);
        mendedAt.set(targetOf(fault), endOf(fault));
        expect(fault.consumer ?? 1).toBeLessThanOrEqual(consumers);
      }
    }
  });

  it("leaves the servers alone while a consumer is stopped in the middle of a COPY", () => {
    const faults = createSchedule({ seed: 3, lengthMs: 60 * minute, consumers: 4 });
    const stops = faults.filter(({ kind }) => kind === "stop consumer in COPY");
    const meanwhile = stops.flatMap((stop) =>
      faults.filter(({ kind, atMs }) => isOfServer(kind) && atMs >= stop.atMs && atMs <= endOf(stop)),
    );
    expect(stops.length).toBeGreaterThan(30);
    expect(meanwhile).toEqual([]);
  });

  it("stops consumers for longer than their session timeout", () => {
    const stops = createSchedule({ seed: 1, lengthMs: 30 * minute, consumers: 4 }).filter(({ kind }) =>
      kind.startsWith("stop consumer"),
    );
    expect(stops.length).toBeGreaterThan(20);
    expect(Math.min(...stops.map(({ forMs }) => forMs))).toBeGreaterThan(10_000);
  });
});
