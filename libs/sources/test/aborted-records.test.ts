import { expect, it } from "vitest";
import { markAborted, type FetchedMessage } from "../src/aborted-records.js";

/** Records of a log: `A` and `B` are those of transactions of two producers, `a` and `b` the marks of their ends, `.` is plain. */
function logOf(text: string): FetchedMessage[] {
  return [...text].map((kind, offset) => {
    const isPlain = kind === ".";
    const isControlRecord = !isPlain && kind === kind.toLowerCase();
    return {
      offset: String(offset),
      key: isControlRecord ? Buffer.alloc(4) : null,
      isControlRecord,
      batchContext: { producerId: isPlain ? "-1" : kind.toUpperCase(), inTransaction: !isPlain },
    };
  });
}

const given = (messages: readonly FetchedMessage[]) =>
  messages.filter(({ isControlRecord }) => !isControlRecord).map(({ offset }) => Number(offset));

it("leaves out the records of an aborted transaction alone, and not those of the producer's next one", () => {
  const messages = logOf("A.Aa.AAa");
  markAborted(messages, [{ producerId: "A", firstOffset: "0" }]);
  expect(given(messages)).toEqual([1, 4, 5, 6]);
});

it("knows transactions that began before the first record that was fetched, in whatever order they are named", () => {
  const messages = logOf("ABABab.").slice(1);
  const transactions = ["0", "1"].map((firstOffset) => ({ producerId: firstOffset === "0" ? "A" : "B", firstOffset }));
  markAborted(messages, transactions.toReversed());
  expect(given(messages)).toEqual([6]);
});

it("does not take a record with the key of a mark for one", () => {
  const messages = logOf("AAAa.").map((one) => ({ ...one, key: Buffer.alloc(4) }));
  markAborted(messages, [{ producerId: "A", firstOffset: "0" }]);
  expect(given(messages)).toEqual([4]);
});

it("leaves the messages of old brokers as they are, which know no producers", () => {
  const messages: FetchedMessage[] = [{ offset: "0", key: null, isControlRecord: false }];
  markAborted(messages, [{ producerId: "A", firstOffset: "0" }]);
  expect(given(messages)).toEqual([0]);
});
