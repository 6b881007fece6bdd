import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startBroker } from "@tidemark/embedded-kafka";
import { expect, it } from "vitest";
import { readOffsets } from "../src/index.js";

it("a broker that knows no SASL at all is told from one that does not answer", async () => {
  const directory = await mkdtemp(join(tmpdir(), "tidemark-no-sasl-"));
  const broker = await startBroker({ dataDir: directory });
  try {
    const sasl = { mechanism: "scram-sha-256", username: "alice", password: "s3cret" } as const;
    await expect(readOffsets([broker.address], "events", { connection: { sasl } })).rejects.toMatchObject({
      code: "wrong-protocol",
      message: expect.stringContaining(`The Kafka broker ${broker.address} takes no SASL authentication on this port`),
    });
  } finally {
    await broker.close();
    await rm(directory, { recursive: true, force: true });
  }
});
