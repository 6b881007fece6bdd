import { expect, it } from "vitest";
import { until } from "../src/until.js";

it("waits until the condition holds", async () => {
  let asked = 0;
  await until(async () => ++asked === 3);
  expect(asked).toBe(3);
});

it("gives up after the limit, and says what it waited for", async () => {
  const waiting = until(() => false, { limitMs: 30, describe: () => "a broker" });
  await expect(waiting).rejects.toThrow("waited 30 ms in vain: a broker");
});
