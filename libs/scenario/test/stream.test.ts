import { createHash } from "node:crypto";
import { describe, expect, expectTypeOf, it } from "vitest";
import { createStream, loadScenario, parseScenario, ScenarioError } from "@tidemark/scenario";
import { calm, odd, ordersModel, startMs, streamOf, type Order, type OrdersScenario } from "./orders.js";
import { countBy } from "./statistics.js";

const recordsOf = (scenario: OrdersScenario, count: number) => {
  const stream = streamOf(scenario);
  return Array.from({ length: count }, (_, index) => stream.at(index));
};

describe("a stream of a model's events", () => {
  it("is the same on every machine: its first 5,000 events", () => {
    const hash = createHash("sha256");
    for (const { value, ...record } of recordsOf(odd, 5000)) {
      hash.update(`${JSON.stringify(record)} ${value === null ? "null" : Buffer.from(value).toString("latin1")}\n`);
    }
    expect(hash.digest("hex")).toBe("e6f58106ef6d4b2a29c3b2b8a3280fb5fde7f04df2b1ab0340aeabd8377c0988");
  });

  it("has the model's places and what the model draws, under the times that the engine gives", () => {
    for (const { event, key, value, arrivalMs } of recordsOf(calm, 1000)) {
      expect(event).toMatchObject({ shop: key });
      expect(JSON.parse(new TextDecoder().decode(value ?? undefined))).toEqual(event);
      const delay = Math.floor(arrivalMs / 1000) - (event?.placedAt ?? 0);
      expect(delay).toBeGreaterThanOrEqual(0);
      expect(delay).toBeLessThanOrEqual(20);
    }
  });

  it("has the model's own faults beside the engine's, in their shares", () => {
    const records = recordsOf(odd, 10_000);
    const counts = countBy(records.map(({ label }) => label.kind));
    expect(counts.get("refund")).toBe(200);
    expect(counts.get("duplicateAtOnce")).toBe(200);
    const negative = records.filter(({ event, label }) => event !== null && event.cents < 0 && label.of === undefined);
    expect(countBy(negative.map(({ label }) => label.kind))).toEqual(new Map([["refund", 200]]));
  });

  it("is spoilt for each of the model's reasons in turn, or for those that the scenario names", () => {
    const reasonsOf = (scenario: OrdersScenario) =>
      countBy(recordsOf(scenario, 10_000).flatMap(({ label }) => label.reason ?? []));
    expect([...reasonsOf(odd)].toSorted()).toEqual(
      Object.keys(ordersModel.malformations)
        .toSorted()
        .map((reason) => [reason, 100]),
    );
    const faults = { malformed: { share: 0.1, reasons: ["missing-field" as const] } };
    expect([...reasonsOf({ ...calm, faults })]).toEqual([["missing-field", 1000]]);
  });

  it("asks the model where a wrong clock is", () => {
    const wrong = recordsOf(odd, 5000).filter(({ label }) => label.kind === "wrongClock");
    expect(wrong.length).toBeGreaterThan(100);
    expect(new Set(wrong.map(({ key }) => key))).toEqual(new Set(["south"]));
  });

  it("refuses what the model has no place for", () => {
    expect(() => createStream(ordersModel, { scenario: { ...calm, shops: [] }, seed: 1, startMs })).toThrow(
      new ScenarioError("There is no shop."),
    );
  });

  it("gives its records the model's types", () => {
    const { event, label } = streamOf(calm).at(0);
    expectTypeOf(event).toEqualTypeOf<Order | null>();
    expectTypeOf<"refund" | "lateJust" | "replayed">().toExtend<(typeof label)["kind"]>();
    // @ts-expect-error no such fault
    expect(label.kind === "zeroOrders").toBe(false);
  });
});

describe("a model's scenarios", () => {
  it("are checked by its schema, and by its places", () => {
    expect(parseScenario(ordersModel, odd)).toEqual({ ok: true, scenario: odd });
    expect(parseScenario(ordersModel, { ...calm, shops: [] })).toEqual({ ok: false, problems: ["There is no shop."] });
    expect(parseScenario(ordersModel, { ...calm, pace: "max" })).toEqual({
      ok: false,
      problems: ["pace: as fast as possible needs an end: give events"],
    });
  });

  it("are its presets, by name, or files", async () => {
    const load = (name: string) => loadScenario(ordersModel, name, async () => JSON.stringify(calm));
    expect(await load("odd")).toEqual({ ok: true, scenario: odd });
    expect(await load("a file")).toEqual({ ok: true, scenario: calm });
    expect(await load("constructor")).toEqual({ ok: true, scenario: calm });
  });
});
