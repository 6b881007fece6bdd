import { startProxy, until, type ConnectionPlan, type Proxy } from "@tidemark/testkit";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { migrate, openTransactions, SNAPSHOT, type Transactions, withConnection } from "../../src/index.js";
import { WRITING } from "../../src/postgres/session/settings.js";
import { orderPipeline } from "../orders.js";
import { startTestServer, type TestServer } from "../postgres-server.js";

let server: TestServer;
let databaseUrl: string;
let proxy: Proxy;
let transactions: Transactions;
/** Cuts the first connection when this text passes from the client, or the answer to it. */
let cutAt: { readonly text: string; readonly when: "asked" | "answered" } | undefined;

beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());
beforeEach(async () => {
  databaseUrl = await server.createDatabase();
  await server.query(databaseUrl, "CREATE TABLE public.notes (note text)");
  cutAt = undefined;
  proxy = await startProxy(Number(new URL(databaseUrl).port), planCut);
  transactions = openTransactions(proxy.through(databaseUrl));
});
afterEach(async () => {
  await transactions.end({ timeout: 0 });
  await proxy.close();
});

function planCut(connection: number): ConnectionPlan {
  let isAsked = false;
  return {
    fromClient(chunk) {
      isAsked ||= connection === 1 && cutAt !== undefined && chunk.includes(cutAt.text);
      return isAsked && cutAt?.when === "asked" ? "cut" : "pass";
    },
    fromServer: () => (isAsked && cutAt?.when === "answered" ? "cut" : "pass"),
  };
}

const noteTwice = () =>
  transactions.run(WRITING, async (transaction) => {
    await transaction`INSERT INTO public.notes VALUES ('first')`;
    await transaction`INSERT INTO public.notes VALUES (${"second"})`;
    return "done";
  });
const countNotes = () => server.query(databaseUrl, "SELECT count(*)::int AS notes FROM public.notes");

// An exception that nobody catches would fail the run of these tests.
describe("a connection that is cut in a transaction", () => {
  it.for([
    { text: "BEGIN", when: "asked" },
    { text: "BEGIN", when: "answered" },
    { text: "'first'", when: "asked" },
    { text: "'first'", when: "answered" },
    { text: "INSERT INTO public.notes VALUES ($1", when: "asked" },
    { text: "INSERT INTO public.notes VALUES ($1", when: "answered" },
    { text: "COMMIT", when: "asked" },
  ] as const)("when $text is $when, fails it, writes nothing, and the next one has another", async (cut) => {
    cutAt = cut;
    await expect(noteTwice()).rejects.toThrow(/ECONNRESET|closed|CONNECTION/);
    expect(await countNotes()).toEqual([{ notes: 0 }]);
    expect(await noteTwice()).toBe("done");
    expect(await countNotes()).toEqual([{ notes: 2 }]);
  });

  it("between two statements, fails the second one", async () => {
    const failed = transactions.run(WRITING, async (transaction) => {
      await transaction`INSERT INTO public.notes VALUES ('first')`;
      proxy.cut();
      await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
      for (;;) await transaction`SELECT 1`;
    });
    await expect(failed).rejects.toThrow(/ECONNRESET|closed|CONNECTION/);
    expect(await countNotes()).toEqual([{ notes: 0 }]);
  });

  it("fails queries that were asked side by side, and those that wait for their turn", async () => {
    cutAt = { text: "pg_sleep", when: "asked" };
    const failed = transactions.run(SNAPSHOT, (transaction) =>
      Promise.all(["0", "0", "0"].map((seconds) => transaction`SELECT pg_sleep(${seconds})`)),
    );
    await expect(failed).rejects.toThrow(/ECONNRESET|closed|CONNECTION/);
  });

  it("fails a migration, and the next one makes everything", async () => {
    cutAt = { text: "CREATE TABLE", when: "answered" };
    await expect(migrate(orderPipeline(), proxy.through(databaseUrl))).rejects.toThrow(/ECONNRESET|closed|CONNECTION/);
    expect(await server.query(databaseUrl, "SELECT FROM pg_namespace WHERE nspname = 'tidemark'")).toEqual([]);
    cutAt = undefined;
    await migrate(orderPipeline(), proxy.through(databaseUrl));
  });
});

it("an error of the server or of the work rolls back, and the next transaction succeeds", async () => {
  for (const fail of ["SELECT 1/0", undefined]) {
    const failed = transactions.run(WRITING, async (transaction) => {
      await transaction`INSERT INTO public.notes VALUES ('first')`;
      if (fail === undefined) throw new RangeError("zero of our own");
      await transaction.unsafe(fail);
    });
    await expect(failed).rejects.toThrow(/zero/);
    expect(await countNotes()).toEqual([{ notes: 0 }]);
  }
  expect(await noteTwice()).toBe("done");
});

it("the end of a connection that failed is no loss of the next one", async () => {
  for (let attempt = 0; attempt < 5; attempt += 1) {
    await expect(transactions.run(SNAPSHOT, (transaction) => transaction`SELECT 1/0`)).rejects.toThrow("by zero");
    const slow = transactions.run(SNAPSHOT, async (transaction) => (await transaction`SELECT pg_sleep(0.1)`).length);
    expect(await slow).toBe(1);
  }
});

it("goes on with another connection after one that was closed for having nothing to do", async () => {
  const idle = openTransactions(databaseUrl, { idle_timeout: 0.05, connection: { application_name: "idle" } });
  const connections = () => server.query(databaseUrl, "SELECT FROM pg_stat_activity WHERE application_name = 'idle'");
  try {
    for (let attempt = 0; attempt < 2; attempt += 1) {
      expect(await idle.run(SNAPSHOT, (transaction) => transaction`SELECT 1 AS one`)).toEqual([{ one: 1 }]);
      await until(async () => (await connections()).length === 0);
    }
  } finally {
    await idle.end({ timeout: 0 });
  }
});

it("a snapshot is one moment, and writes nothing", async () => {
  const counts = await transactions.run(SNAPSHOT, async (transaction) => {
    const [before] = await transaction`SELECT count(*)::int AS notes FROM public.notes`;
    await server.query(databaseUrl, "INSERT INTO public.notes VALUES ('meanwhile')");
    const [after] = await transaction`SELECT count(*)::int AS notes FROM public.notes`;
    return [before?.["notes"], after?.["notes"]];
  });
  expect(counts).toEqual([0, 0]);
  const writing = transactions.run(SNAPSHOT, (transaction) => transaction`INSERT INTO public.notes VALUES ('x')`);
  await expect(writing).rejects.toThrow("read-only transaction");
});

it("a question of one statement is a transaction of its own, also after one that failed", async () => {
  await expect(transactions.ask(SNAPSHOT, "SELECT 1/0")).rejects.toThrow("division by zero");
  expect(await transactions.ask(SNAPSHOT, "SELECT current_setting('transaction_read_only') AS value")).toEqual([
    { value: "on" },
  ]);
});

it("a database that cannot hold every text is refused in one sentence by both drivers, before anything is made", async () => {
  await server.query(
    databaseUrl,
    "CREATE DATABASE latin ENCODING 'LATIN1' TEMPLATE template0 LOCALE_PROVIDER libc LOCALE 'C'",
  );
  const url = new URL(databaseUrl);
  url.pathname = "/latin";
  const refusal = {
    code: "refused-connection",
    message: expect.stringMatching(/^[^;]*database latin in the encoding LATIN1,/),
  };
  await expect(migrate(orderPipeline(), url.href)).rejects.toMatchObject(refusal);
  await expect(withConnection(url.href, () => Promise.resolve())).rejects.toMatchObject(refusal);
});

it("a role that only reads by default writes where the address leaves that open, and is refused by its own sentence where it does not", async () => {
  await server.query(databaseUrl, "CREATE ROLE hesitant SUPERUSER LOGIN PASSWORD 'p'");
  await server.query(databaseUrl, "ALTER ROLE hesitant SET default_transaction_read_only = on");
  const { port, pathname } = new URL(databaseUrl);
  const address = `postgresql://hesitant:p@127.0.0.1:${port},127.0.0.1:${port}${pathname}?sslmode=disable`;
  await expect(migrate(orderPipeline(), `${address}&target_session_attrs=read-write`)).rejects.toThrow(
    /target_session_attrs=read-write demands: default_transaction_read_only is on for the role or the database/,
  );
  expect(await server.query(databaseUrl, "SELECT FROM pg_namespace WHERE nspname = 'tidemark'")).toEqual([]);
  await migrate(orderPipeline(), address);
});
