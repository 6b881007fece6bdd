import { Client } from "pg";
import { afterAll, beforeAll, beforeEach, expect, it, onTestFinished, vi } from "vitest";
import { fly } from "../../src/postgres/flight.js";
import { startTestServer, type TestServer } from "../postgres-server.js";

let server: TestServer;
let client: Client;

beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());
beforeEach(async () => {
  client = new Client({ connectionString: await server.createDatabase() });
  await client.connect();
  onTestFinished(() => client.end());
  await client.query("CREATE TABLE stops (name text)");
});

const stop = (name: string) => ({
  name: "add",
  text: "INSERT INTO stops SELECT $1::text WHERE $1 IS NOT NULL",
  values: [name],
});
const copied = (...names: string[]) => ({
  text: "COPY stops FROM STDIN",
  copied: names.map((name) => Buffer.from(`${name}\n`)),
});
const stops = async () => (await client.query<{ name: string }>("SELECT name FROM stops")).rows.map(({ name }) => name);

it("carries out its statements in order, and gives the command tag of each", async () => {
  const tags = await fly(client, [
    { text: "BEGIN" },
    stop("Bogor"),
    copied("Depok", "Bekasi"),
    { text: "INSERT INTO stops SELECT $1::text WHERE $1 IS NOT NULL", values: [null] },
    { text: "SELECT name FROM stops" },
    copied(),
    { text: "" },
    { text: "COMMIT" },
  ]);
  expect(tags).toEqual(["BEGIN", "INSERT 0 1", "COPY 2", "INSERT 0 0", "SELECT 3", "COPY 0", "", "COMMIT"]);
  expect(await stops()).toEqual(["Bogor", "Depok", "Bekasi"]);
});

it.each([
  ["a statement that fails", { text: "SELECT 1 / 0" }, "22012"],
  ["a COPY that is refused before its data", { ...copied("Depok"), text: "COPY nowhere FROM STDIN" }, "42P01"],
  ["a COPY that is refused in its data", copied("Depok\ttoo much", "Bekasi"), "22P04"],
])("carries out nothing behind %s, COMMIT neither, and the connection goes on", async (_, wrong, code) => {
  const flight = fly(client, [{ text: "BEGIN" }, stop("Bogor"), wrong, copied("Depok"), { text: "COMMIT" }]);
  await expect(flight).rejects.toMatchObject({ code });
  await client.query("ROLLBACK");
  expect(await stops()).toEqual([]);
  await fly(client, [stop("Bekasi")]);
  await fly(client, [stop("Tangerang")]);
  expect(await stops()).toEqual(["Bekasi", "Tangerang"]);
});

it("leaves no timer of a query_timeout in the address behind, whether it succeeds or fails", async () => {
  const address = new URL(await server.createDatabase());
  address.searchParams.set("query_timeout", "60000");
  const timed = new Client({ connectionString: address.href });
  await timed.connect();
  onTestFinished(() => timed.end());
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  onTestFinished(() => void vi.useRealTimers());
  const right = fly(timed, [{ text: "SELECT 1" }]);
  expect(vi.getTimerCount()).toBe(1);
  await right;
  expect(vi.getTimerCount()).toBe(0);
  await expect(fly(timed, [{ text: "SELECT 1 / 0" }])).rejects.toMatchObject({ code: "22012" });
  expect(vi.getTimerCount()).toBe(0);
});

it("rejects where the connection ends under way", async () => {
  client.on("error", () => {});
  const flight = fly(client, [{ text: "SELECT pg_terminate_backend(pg_backend_pid())" }, stop("Bogor")]);
  await expect(flight).rejects.toMatchObject({ code: "57P01" });
});
