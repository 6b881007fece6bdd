import { expect, it, vi } from "vitest";

for (const driver of ["pg", "pg-copy-streams", "postgres"]) {
  vi.doMock(driver, () => {
    throw new Error(`${driver} was imported`);
  });
}

it("comes without a Postgres driver", async () => {
  await expect(import("../../src/index.js")).rejects.toThrow(/mock/);
  expect(Object.keys(await import("../../src/memory/index.js"))).toEqual(["createMemorySink", "createMemoryStore"]);
});
