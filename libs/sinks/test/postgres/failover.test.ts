import { startProxy, until } from "@tidemark/testkit";
import { afterEach, beforeEach, expect, it, onTestFinished } from "vitest";
import { createSink, migrate, type SinkEvent } from "../../src/index.js";
import { checkpointOf, commit, identity } from "../contract/fixtures.js";
import { query, startServerPair, type ServerPair } from "./server-pair.js";

let pair: ServerPair;
let events: SinkEvent[];

beforeEach(async () => {
  pair = await startServerPair();
  events = [];
}, 120_000);
afterEach(() => pair.close());

function open(databaseUrl: string) {
  const sink = createSink({ ...identity, databaseUrl, connections: 2, onEvent: (event) => void events.push(event) });
  onTestFinished(() => sink.close());
  return sink;
}

const isReadOnly = (event: SinkEvent) =>
  event.kind === "unavailable" && "code" in event.error && event.error.code === "25006";

const readOffset = async (databaseUrl: string) =>
  Number((await query(databaseUrl, "SELECT next_offset FROM tidemark.checkpoints"))[0]?.["next_offset"]);

it("a sink whose connections lead to a server that has become a standby reaches the primary by new ones", async () => {
  const proxy = await startProxy(pair.primary.port);
  onTestFinished(() => proxy.close());
  const databaseUrl = proxy.through(pair.primary.databaseUrl);
  await migrate(identity.pipeline, databaseUrl);
  const sink = open(databaseUrl);
  // Two connections, so that one is idle when the other finds out.
  const [claim] = await Promise.all([sink.claim(0, 0), sink.claim(1, 0)]);
  await commit(sink, claim, 0, checkpointOf([0], 1));
  await pair.replicate();
  await pair.promote();
  await pair.demote();
  const committing = commit(sink, claim, 1, checkpointOf([1], 2));
  await until(() => events.some(isReadOnly));
  proxy.pointTo(pair.standby.port);
  await committing;
  await commit(sink, await sink.claim(0, 0), 2, checkpointOf([2], 3));
  expect(events.at(-1)).toMatchObject({ kind: "available" });
  const rows = await query(
    pair.standby.databaseUrl,
    "SELECT next_offset FROM tidemark.checkpoints WHERE partition = 0",
  );
  expect(rows.map(({ next_offset: next }) => Number(next))).toEqual([3]);
});

it.each(["", "&target_session_attrs=read-write"])(
  "a sink with two hosts (%s) leaves one that takes no writes any more, though it closed no connection",
  async (demand) => {
    const { primary, standby } = pair;
    const url = new URL(primary.databaseUrl);
    const databaseUrl = `postgresql://${url.username}:${url.password}@127.0.0.1:${primary.port},127.0.0.1:${standby.port}/tidemark?sslmode=disable${demand}`;
    await migrate(identity.pipeline, databaseUrl);
    const sink = open(databaseUrl);
    const claim = await sink.claim(0, 0);
    await commit(sink, claim, 0, checkpointOf([0], 1));
    await pair.replicate();
    await query(primary.databaseUrl, "ALTER SYSTEM SET default_transaction_read_only = on");
    await query(primary.databaseUrl, "SELECT pg_reload_conf()");
    await pair.promote();
    await commit(sink, claim, 1, checkpointOf([1], 2));
    expect(events.every((event) => event.kind === "available" || isReadOnly(event))).toBe(true);
    expect([await readOffset(primary.databaseUrl), await readOffset(standby.databaseUrl)]).toEqual([1, 2]);
  },
);
