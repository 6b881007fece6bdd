import { expect, test } from "vitest";
import { createGroupCoordinator } from "../../src/group/coordinator.js";

test("an id that was given can be taken once, until its session timeout is over", () => {
  const coordinator = createGroupCoordinator();
  coordinator.giveId("in time", 60_000);
  coordinator.giveId("late", 0);
  expect(coordinator.takeId("late")).toBe(false);
  expect([coordinator.takeId("in time"), coordinator.takeId("in time")]).toEqual([true, false]);
  expect(coordinator.takeId("never given")).toBe(false);
});
