import { afterAll, beforeAll, expect, it } from "vitest";
import { environment, start } from "./consumer-process.js";
import { ownName, produce, query, startServers, type TestServers } from "./servers.js";

let servers: TestServers;
beforeAll(async () => {
  servers = await startServers();
  await produce(servers.broker, ownName("elsewhere"), 10, 1);
});
afterAll(() => servers.close());

const commands = [["--partition", "0"], ["--all"], ["--definition"], ["--definition", "--abandon"]];

it.each(commands)("a rebuild in a database without the pipeline's tables says so: %s %s", async (...args) => {
  const databaseUrl = new URL(await servers.createDatabase());
  const place = `${databaseUrl.host}${databaseUrl.pathname}`;
  const options = args.filter((word) => typeof word === "string");
  const { code, stdout, stderr } = await start(
    ["rebuild", ...options],
    environment(servers, databaseUrl.href, "elsewhere"),
  ).ended;
  expect(code).toBe(2);
  expect(stdout.split("\n")[0]).toBe(`consumer  pipeline socmed writes to ${place}`);
  expect(stderr).toBe(
    `consumer: The database at ${place} has no tables of pipeline socmed. Nothing was changed: check the address, or run the pipeline there first. Check DATABASE_URL.\n`,
  );
});

it("a rebuild changes nothing where somebody else's table has the name of one of the pipeline's", async () => {
  const databaseUrl = await servers.createDatabase();
  const env = environment(servers, databaseUrl, "elsewhere");
  expect((await start(["--until-caught-up"], env).ended).code).toBe(0);
  await query(databaseUrl, "UPDATE tidemark.tables SET pipeline = 'theirs' WHERE table_name = 'socmed_late'");
  const { code, stderr } = await start(["rebuild", "--all"], env).ended;
  expect({ code, stderr }).toEqual({
    code: 2,
    stderr:
      "consumer: The table or view public.socmed_late belongs to the pipeline theirs: nothing is changed in this database.\n",
  });
  expect(await query(databaseUrl, "SELECT next_offset::int FROM tidemark.checkpoints")).toEqual([{ next_offset: 10 }]);
});
