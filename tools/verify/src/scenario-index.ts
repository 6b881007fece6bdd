import { setImmediate as yieldToOthers } from "node:timers/promises";
import { partitionOfKey } from "@tidemark/scenario/oracle";
import type { ProducerRun } from "./producer-run.js";

/** Which events of a run belong to a partition: their indexes less the run's first one, rising. */
export type EventList = Uint32Array;

const eventsPerTurn = 50_000;

/** One pass over the keys of a run, which tells the events of each partition: four bytes an event, whatever it holds. */
export async function listEvents(
  { stream, startIndex, events }: ProducerRun,
  partitions: number,
  onProgress: (done: number) => void,
): Promise<readonly EventList[]> {
  const partitionOf = new Map<string, number>();
  const lists = Array.from({ length: partitions }, () => createList(Math.ceil(events / partitions)));
  for (let at = 0; at < events; at += 1) {
    const key = stream.keyOf(startIndex + at);
    let partition = partitionOf.get(key);
    if (partition === undefined) partitionOf.set(key, (partition = partitionOfKey(key, partitions)));
    lists[partition]?.push(at);
    if (at % eventsPerTurn === 0) {
      onProgress(at);
      await yieldToOthers();
    }
  }
  return lists.map((list) => list.toArray());
}

function createList(expected: number) {
  let values = new Uint32Array(expected + 16);
  let length = 0;
  return {
    push(value: number) {
      if (length === values.length) {
        const larger = new Uint32Array(Math.ceil(length * 1.5));
        larger.set(values);
        values = larger;
      }
      values[length] = value;
      length += 1;
    },
    toArray: (): EventList => values.subarray(0, length),
  };
}
