import { AssignerProtocol, Kafka, logLevel, type Consumer } from "kafkajs";
import { afterEach, beforeEach, expect, it } from "vitest";
import { createSource, type Source } from "../src/index.js";
import { createAssigner } from "../src/group-protocol.js";
import { startKafka, type TestKafka } from "./kafka-fixture.js";
import { createOwner } from "./partition-owner.js";

const PURPOSE = { key: "shop", description: "pipeline orders into shop" };

let kafka: TestKafka;
let leader: Consumer | undefined;
let source: Source | undefined;

beforeEach(async () => {
  kafka = await startKafka();
  await kafka.createTopic(kafka.topic, 4);
  await kafka.createTopic(`${kafka.topic}-other`, 4);
});
afterEach(async () => {
  await source?.stop();
  await leader?.disconnect();
  await kafka.close();
});

/** Leads the group under the name of the source's own assignor, and gives every other member this. */
async function lead(assignment: Readonly<Record<string, number[]>>): Promise<void> {
  const client = new Kafka({ brokers: [kafka.address], clientId: "another-version", logLevel: logLevel.NOTHING });
  const own = createAssigner(kafka.topic, PURPOSE);
  leader = client.consumer({
    groupId: kafka.group,
    partitionAssigners: [
      (config) => ({
        ...own(config),
        async assign({ members }) {
          return members.map(({ memberId }) => ({
            memberId,
            memberAssignment: AssignerProtocol.MemberAssignment.encode({
              version: 0,
              assignment: memberId === joined ? { [kafka.topic]: [0] } : assignment,
              userData: Buffer.alloc(0),
            }),
          }));
        },
      }),
    ],
  });
  let joined = "";
  const first = new Promise<void>((resolve) => {
    leader?.on("consumer.group_join", ({ payload }) => {
      joined = payload.memberId;
      resolve();
    });
  });
  await leader.connect();
  await leader.subscribe({ topic: kafka.topic });
  await leader.run({ eachBatch: () => Promise.resolve() });
  await first;
}

function open(): Source {
  source = createSource({
    brokers: [kafka.address],
    topic: kafka.topic,
    group: kafka.group,
    purpose: PURPOSE,
    maxWaitMs: 50,
    claim: createOwner().claim,
  });
  return source;
}

it("ends where the group gives it partitions of another topic, and names group, topic and cause", async () => {
  await lead({ [kafka.topic]: [1], [`${kafka.topic}-other`]: [0, 1] });
  const { done, start } = open();
  start().catch(() => {});
  await expect(done).rejects.toMatchObject({
    code: "foreign-assignment",
    retryable: false,
    message:
      `The consumer group "${kafka.group}" assigned partitions of "${kafka.topic}-other" to this consumer, which reads topic "${kafka.topic}" alone: ` +
      "another kind of consumer shares out the partitions of this group. Use another group here, or end the other",
  });
});

it("ends where the group gives it a partition that the topic does not have", async () => {
  await lead({ [kafka.topic]: [1, 9] });
  const { done, start } = open();
  start().catch(() => {});
  await expect(done).rejects.toMatchObject({
    code: "foreign-assignment",
    message: expect.stringContaining(`assigned partition 9 of "${kafka.topic}", which has 4, to this consumer`),
  });
});
