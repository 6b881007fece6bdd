import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeStackFile } from "@tidemark/cli";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { environment as processEnvironment, start } from "./consumer-process.js";
import {
  ownName,
  produce,
  query,
  readLedger,
  readSums,
  readTables,
  startServers,
  type TestServers,
} from "./servers.js";

// More by hand: TIDEMARK_KILL_EVENTS=500000 TIDEMARK_KILLS=10.
const events = Number(process.env["TIDEMARK_KILL_EVENTS"] ?? 40_000);
const kills = Number(process.env["TIDEMARK_KILLS"] ?? 4);
let servers: TestServers;
beforeAll(async () => {
  servers = await startServers();
}, 120_000);
afterAll(() => servers.close());

const environment = (databaseUrl: string, topic: string) => processEnvironment(servers, databaseUrl, topic);

describe("the consumer's process", () => {
  it("changes nothing of the tables by being killed again and again", { timeout: 600_000 }, async () => {
    await produce(servers.broker, ownName("killed"), events);
    const undisturbed = await servers.createDatabase();
    expect(await start(["--until-caught-up"], environment(undisturbed, "killed")).ended).toMatchObject({ code: 0 });

    const databaseUrl = await servers.createDatabase();
    for (let kill = 1; kill <= kills; kill += 1) {
      const { child, ended } = start([], environment(databaseUrl, "killed"));
      const wanted = (events * kill) / (kills + 1);
      await expect
        .poll(
          () =>
            readLedger(databaseUrl).then(
              (ledger) => Number(ledger?.["read"]),
              () => 0,
            ),
          { interval: 2, timeout: 120_000 },
        )
        .toBeGreaterThan(wanted);
      child.kill("SIGKILL");
      expect(await ended).toMatchObject({ signal: "SIGKILL" });
    }
    const last = await start(["--until-caught-up"], environment(databaseUrl, "killed")).ended;
    expect(last).toMatchObject({ code: 0 });

    const ledger = await readLedger(databaseUrl);
    expect(ledger).toMatchObject({ read: events, offsets: events });
    expect(ledger).toEqual(await readLedger(undisturbed));
    const raw = await readSums(databaseUrl, "socmed_user_sales");
    expect(await readSums(databaseUrl, "socmed_5s")).toEqual(raw);
    expect(await readSums(databaseUrl, "socmed_1m")).toEqual(raw);
    expect(await readTables(databaseUrl)).toEqual(await readTables(undisturbed));
  });

  it("prints plain lines into a pipe, JSON with --json, and the deck's table with --show", async () => {
    await produce(servers.broker, ownName("printed"), 400);
    const status = await start(["--until-caught-up"], environment(await servers.createDatabase(), "printed")).ended;
    expect(status.stdout).not.toContain("\u001B");
    expect(status.stdout.trimEnd().split("\n").at(-1)).toMatch(
      /^consumer {2}.* lag 0 {2}watermark 2024-02-03 .* read 400 = counted \d+/,
    );

    const json = await start(["--until-caught-up", "--json"], environment(await servers.createDatabase(), "printed"))
      .ended;
    const lines = json.stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as { kind: string; ledger?: { read: number } });
    expect(lines.at(-1)).toMatchObject({ kind: "done", ledger: { read: 400 } });

    const table = await start(["--until-caught-up", "--show"], environment(await servers.createDatabase(), "printed"))
      .ended;
    expect(table.stdout).toMatch(/\| *conversion_rate\| *bounce_rate\|/);
  });

  it("stops on SIGINT with exit code 0, having committed what it held", async () => {
    await produce(servers.broker, ownName("stopped"), 2_000);
    const databaseUrl = await servers.createDatabase();
    const { child, ended } = start([], environment(databaseUrl, "stopped"));
    await expect
      .poll(
        () =>
          readLedger(databaseUrl).then(
            (row) => Number(row?.["read"]),
            () => 0,
          ),
        { timeout: 30_000 },
      )
      .toBeGreaterThan(0);
    child.kill("SIGINT");
    expect(await ended).toMatchObject({ code: 0, stderr: "" });
  });

  it("finds a running stack by its file and exits when it has caught up, and when the stack ends says so", async () => {
    await produce(servers.broker, ownName("stacked"), 200);
    const directory = await mkdtemp(join(tmpdir(), "tidemark-stack-"));
    const stack = spawn("sleep", ["3600"], { stdio: "ignore" });
    await writeStackFile(directory, {
      pid: stack.pid ?? 0,
      kafkaBrokers: [servers.broker.address],
      databaseUrl: await servers.createDatabase(),
    });
    const env = {
      TIDEMARK_DIR: directory,
      KAFKA_TOPIC: ownName("stacked"),
      KAFKA_GROUP: ownName("stacked"),
      KAFKA_BROKERS: "",
      DATABASE_URL: "",
    };
    expect(await start(["--until-caught-up"], env).ended).toMatchObject({ code: 0, stderr: "" });

    const { ended, text } = start([], env);
    await expect.poll(() => text.stdout, { timeout: 30_000 }).toContain("reads partitions");
    stack.kill("SIGKILL");
    const { code, stderr } = await ended;
    expect(stderr).toContain(`the stack (pid ${stack.pid}) has ended`);
    expect(code).toBe(1);
    await rm(directory, { recursive: true });
  });

  const nowhere = "postgresql://nobody@127.0.0.1:1/none";
  it.each([
    ["an unknown option", ["--nope"], {}, "--nope"],
    ["a word too many", ["now"], {}, "now"],
    ["a value for a flag", ["--show=1"], {}, "--show"],
    ["two outputs", ["--show", "--json"], {}, "--show"],
    ["a delay without unit", [], { WATERMARK_DELAY: "5" }, "WATERMARK_DELAY"],
    ["a lateness in words", [], { ALLOWED_LATENESS: "soon" }, "ALLOWED_LATENESS"],
    ["a skew below zero", [], { MAX_FUTURE_SKEW: "-1s" }, "MAX_FUTURE_SKEW"],
    ["a retention of no days", [], { RETENTION_DAYS: "0" }, "RETENTION_DAYS"],
    ["a topic with a space", [], { KAFKA_TOPIC: "a b" }, "KAFKA_TOPIC"],
    ["a group with a space", [], { KAFKA_GROUP: "a b" }, "KAFKA_GROUP"],
    ["brokers without a port", [], { KAFKA_BROKERS: "localhost" }, "KAFKA_BROKERS"],
    ["brokers with a port too high", [], { KAFKA_BROKERS: "localhost:99999" }, "KAFKA_BROKERS"],
    ["an address that is no URL", [], { DATABASE_URL: "here" }, "DATABASE_URL"],
    ["an address of another database", [], { DATABASE_URL: "mysql://localhost/a" }, "DATABASE_URL"],
  ])("answers %s with one sentence and exit code 2", async (_what, args, env, name) => {
    const { code, stderr, stdout } = await start(args, { ...environment(nowhere, "any"), ...env }).ended;
    expect(stderr.trimEnd().split("\n")).toHaveLength(1);
    expect(stderr).toContain(name);
    expect(stderr).not.toMatch(/^\s+at /m);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  });

  it("answers a wrong password and a missing database likewise", async () => {
    const databaseUrl = await servers.createDatabase();
    const wrongPassword = new URL(databaseUrl);
    wrongPassword.password = "wrong-secret";
    const missing = new URL(databaseUrl);
    missing.pathname = "/nowhere";
    const runs = [
      { ...environment(wrongPassword.href, "any"), expected: "DATABASE_URL" },
      { ...environment(missing.href, "any"), expected: "DATABASE_URL" },
    ];
    for (const { expected, ...env } of runs) {
      const { code, stderr } = await start([], env).ended;
      expect(stderr.trimEnd().split("\n"), expected).toHaveLength(1);
      expect(stderr).toContain(expected);
      expect(stderr).not.toContain("wrong-secret");
      expect(code).toBe(2);
    }
  });

  it("refuses tables of another definition with exit code 2, with what differs and how to begin anew", async () => {
    const databaseUrl = await servers.createDatabase();
    await produce(servers.broker, ownName("refused"), 100);
    const env = environment(databaseUrl, "refused");
    await start(["--until-caught-up"], env).ended;
    const { code, stderr } = await start(["--until-caught-up"], { ...env, WATERMARK_DELAY: "1m" }).ended;
    expect(code).toBe(2);
    expect(stderr).toContain(
      "(watermark.delay: stored 5m, given 1m). Use that definition, or rebuild the tables by this one",
    );
    expect(stderr).toContain("nx run consumer:rebuild -- --definition");
    expect(await query(databaseUrl, "SELECT sum(read)::int AS read FROM tidemark.checkpoints")).toEqual([
      { read: 100 },
    ]);
  });
});
