import { afterEach, beforeEach, describe } from "vitest";
import { claimContract } from "./claim-contract.js";
import { commitContract } from "./commit-contract.js";
import { fenceContract } from "./fence-contract.js";
import { stateContract } from "./state-contract.js";
import { topicIdsContract } from "./topic-ids-contract.js";
import type { TestStore } from "./test-store.js";

/** Gives the store of the test that runs. */
export type CurrentStore = () => TestStore;

/** What every `Sink` promises, whatever it writes to. Call it in a `describe`, with how an empty store is made. */
export function sinkContract(createStore: () => Promise<TestStore>): void {
  let store: TestStore | undefined;
  beforeEach(async () => {
    store = await createStore();
  });
  afterEach(async () => {
    await store?.close();
    store = undefined;
  });
  const current: CurrentStore = () => {
    if (store === undefined) throw new Error("The store is made before each test.");
    return store;
  };

  describe("claim", () => {
    claimContract(current);
  });
  describe("commit", () => {
    commitContract(current);
  });
  describe("the state that a claim finds", () => {
    stateContract(current);
  });
  describe("ids that are unique over all partitions", () => {
    topicIdsContract(current);
  });
  describe("fence", () => {
    fenceContract(current);
  });
}
