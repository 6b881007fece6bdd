import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startBroker } from "@tidemark/embedded-kafka";

/** The address of a broker to test with, instead of an embedded one. */
export const givenBroker = process.env["TIDEMARK_TEST_KAFKA"];

export interface TestBroker {
  readonly address: string;
  close(): Promise<void>;
}

/** The broker that was given, else an embedded one in this process. */
export async function startTestBroker(): Promise<TestBroker> {
  if (givenBroker !== undefined) return { address: givenBroker, close: () => Promise.resolve() };
  const dataDir = await mkdtemp(join(tmpdir(), "tidemark-producer-"));
  const broker = await startBroker({ dataDir });
  return {
    address: broker.address,
    async close() {
      await broker.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

const run = randomUUID().slice(0, 8);

/** The name of a topic that no other run of the tests uses. */
export function ownTopic(name: string): string {
  return `${name}-${run}`;
}
