import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { presets } from "@tidemark/socmed/scenario";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { killAll, run } from "./processes.js";

let directory: string;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "tidemark-wrong-"));
  writeFileSync(join(directory, "broken.json"), "{");
  writeFileSync(join(directory, "misspelt.json"), JSON.stringify({ ...presets.deck, rates: 5 }));
});

afterAll(async () => {
  await killAll();
  rmSync(directory, { recursive: true, force: true });
});

const cases: readonly (readonly [string, Readonly<Record<string, string>>, RegExp])[] = [
  ["--sed=1", {}, /^Unknown option '--sed'; --help lists the options\.$/],
  ["deck", {}, /^Unexpected argument 'deck'/],
  ["--seed=x", {}, /^--seed got "x"; it takes a whole number .*\.$/],
  ["--rate=quick", {}, /^--rate got "quick"; it takes events per second/],
  ["--rate=max", {}, /^--rate=max needs --events/],
  ["--events=-5", {}, /^--events got "-5"; it takes a whole number from 1 on\.$/],
  ["--scenario=day --start-index=864000", {}, /^--start-index=864000 lies behind the 864000 events/],
  ["--start=noon", {}, /^--start got "noon"; it takes a time with its zone/],
  [
    "--scenario=nosuch",
    {},
    /^--scenario takes deck, default, day, .* or a JSON file; got "nosuch", but there is no such file/,
  ],
  ["--scenario=BROKEN", {}, /^--scenario takes .* but that file is not JSON\.$/],
  ["--scenario=MISSPELT", {}, /^The scenario in ".*misspelt\.json" is not one: Unrecognized key: "rates"\.$/],
  ["--events=1", { KAFKA_TOPIC: "a b" }, /^KAFKA_TOPIC got "a b"; it takes/],
  ["--events=1", { KAFKA_BROKERS: "localhost" }, /^KAFKA_BROKERS: "localhost" is no broker's address/],
  [
    "--events=1",
    { KAFKA_BROKERS: "nosuch.invalid:9092" },
    /^Kafka's address nosuch\.invalid:9092 has no host that can be found/,
  ],
];

describe("the producer's main", () => {
  it.concurrent.each(cases)("ends with exit code 2 and one line for %s %o", async (argument, env, line) => {
    const file = argument
      .replace("BROKEN", join(directory, "broken.json"))
      .replace("MISSPELT", join(directory, "misspelt.json"));
    const producer = run("src/main.ts", file.split(" "), { KAFKA_BROKERS: "127.0.0.1:1", ...env });
    expect(await producer.exited).toBe(2);
    expect(producer.stderr().trimEnd()).toMatch(line);
    expect(producer.stderr().trimEnd()).not.toContain("\n");
    expect(producer.stdout()).toBe("");
  });

  it("prints its options for --help and exits with 0", async () => {
    const producer = run("src/main.ts", ["--help"]);
    expect(await producer.exited).toBe(0);
    expect(producer.stdout()).toContain("--start-index N");
  });
});
