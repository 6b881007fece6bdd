import { describe } from "vitest";
import { createMemorySink, createMemoryStore } from "../../src/memory/index.js";
import { identity } from "./fixtures.js";
import { sinkContract } from "./sink-contract.js";
import { toContents, toIds } from "./store-contents.js";

describe("the memory sink", () => {
  sinkContract(async () => {
    const store = createMemoryStore();
    return {
      open: (other = {}) => createMemorySink({ ...identity, store, ...other }),
      read: async () => toContents((table) => store.rows(table)),
      readIds: async () => toIds((table) => store.rows(table)),
      close: async () => undefined,
    };
  });
});
