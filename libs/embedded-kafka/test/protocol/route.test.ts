import { createRequire } from "node:module";
import { expect, test } from "vitest";
import { apiVersions, apiVersionsResponse0, metadata } from "../../src/protocol/data-apis.js";
import { encodeRequest } from "../protocol-client.js";
import { temporaryBroker, temporaryClient } from "../temporary.js";

interface Definition {
  readonly versions: readonly string[];
}
const { requests } = createRequire(import.meta.url)("kafkajs/src/protocol/requests/index.js") as {
  requests: Readonly<Record<string, Definition>>;
};
const apiKeys = createRequire(import.meta.url)("kafkajs/src/protocol/requests/apiKeys.js") as Readonly<
  Record<string, number>
>;

/** An ApiVersions request in any version. */
function versionsRequest(version: number): Buffer {
  const frame = Buffer.concat([encodeRequest(apiVersions, {}), Buffer.alloc(version > 2 ? 5 : 0)]);
  frame.writeInt16BE(version, 2);
  return frame;
}

test("each API is advertised in the one version that kafkajs takes", async () => {
  const client = await temporaryClient(await temporaryBroker());
  const { error, apis } = await client.request(apiVersions, {});
  expect(error).toBe(0);
  expect(apis).toHaveLength(20);
  for (const [name, key] of Object.entries(apiKeys)) {
    const served = apis.find((api) => api.key === key);
    if (served === undefined) continue;
    const best = Math.max(...(requests[name]?.versions ?? []).map(Number));
    expect({ name, min: served.min, max: served.max }).toEqual({
      name,
      min: name === "ApiVersions" ? 0 : best,
      max: best,
    });
  }
});

test("ApiVersions 0 is answered without a throttle time, 1 and 2 with one", async () => {
  const client = await temporaryClient(await temporaryBroker());
  for (const version of [0, 1, 2]) {
    const reader = await client.send(versionsRequest(version));
    const codec = version === 0 ? apiVersionsResponse0 : apiVersions.response;
    expect(codec.read(reader).error).toBe(0);
    expect(reader.remaining).toBe(0);
  }
});

test("ApiVersions from version 3 on is answered with error 35 in the body of version 0, and the connection stays", async () => {
  const client = await temporaryClient(await temporaryBroker());
  const reader = await client.send(versionsRequest(3));
  const answer = apiVersionsResponse0.read(reader);
  expect(answer.error).toBe(35);
  expect(answer.apis.length).toBeGreaterThan(0);
  expect(reader.remaining).toBe(0);
  expect((await client.request(metadata, { topics: [], allowAutoTopicCreation: false })).controllerId).toBe(1);
});
