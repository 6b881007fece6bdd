import { describe } from "vitest";
import { describeKafkaPort } from "@tidemark/testkit/kafka-port-contract";
import { Broker } from "./broker.js";
import { Group } from "./group.js";
import type { PartitionLog } from "./log.js";
import { Scheduler, type Actor } from "./scheduler.js";
import { SimulatedPort } from "./simulated-port.js";

const MOST_STEPS = 5_000;

function createLog(partition: number): PartitionLog {
  const records = Array.from({ length: 50 }, (_, offset) => ({ offset, timestampMs: 0, key: null, value: null }));
  const entries = new Map(records.map((record) => [record.offset, record]));
  return { partition, start: 0, end: 50, entries };
}

describe.each([1, 2, 3, 4, 5])("with seed %i", (seed) => {
  describeKafkaPort("of the simulation", async () => {
    const scheduler = new Scheduler(seed);
    const times = { watermarkDelayMs: 0, allowedLatenessMs: 0, maxFutureSkewMs: 0 };
    const broker = new Broker(
      { times, partitions: [createLog(0), createLog(1)], keyLimit: null, idScope: "partition" },
      scheduler.random,
    );
    const actor: Actor = { name: "client", state: "running" };
    const port = new SimulatedPort(actor, scheduler, broker, new Group(2, scheduler));
    return {
      port,
      async produce(partition, records) {
        broker.at(partition).end += records;
        port.poll();
      },
      async until(condition) {
        for (let steps = 0; !condition(); steps += 1) {
          if (steps === MOST_STEPS) throw new Error(`The condition does not hold after ${MOST_STEPS} steps.`);
          await scheduler.step();
          // Promises of the client that wait for no turn go on.
          await new Promise((resolve) => setImmediate(resolve));
        }
      },
      close: () => Promise.resolve(),
    };
  });
});
