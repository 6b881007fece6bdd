import { expect, test } from "vitest";
import { parseOptions } from "../src/options.js";

test("without arguments and variables both servers are started on their default ports", () => {
  expect(parseOptions([], {})).toEqual({
    kind: "run",
    options: {
      kafkaPort: undefined,
      postgresPort: undefined,
      detached: false,
      tidemarkDir: undefined,
      kafka: true,
      postgres: true,
    },
  });
});

test("a server whose address is given is not started, and a blank variable is none", () => {
  expect(parseOptions([], { KAFKA_BROKERS: "own:9092", DATABASE_URL: " " })).toMatchObject({
    options: { kafka: false, postgres: true },
  });
  expect(parseOptions([], { DATABASE_URL: "postgresql://own/db" })).toMatchObject({
    options: { kafka: true, postgres: false },
  });
});

test("ports, the directory and detachment are taken", () => {
  const args = ["--kafka-port=1", "--postgres-port", "65535", "--detached"];
  expect(parseOptions(args, { TIDEMARK_DIR: "x" })).toMatchObject({
    options: { kafkaPort: 1, postgresPort: 65_535, detached: true, tidemarkDir: "x" },
  });
});

test("--help goes before what is wrong elsewhere", () => {
  expect(parseOptions(["--help"], { KAFKA_BROKERS: "?" })).toEqual({ kind: "help" });
});

test.each<[string[], Record<string, string>, RegExp]>([
  [["--foo"], {}, /'--foo'/],
  [["extra"], {}, /'extra'/],
  [["--kafka-port"], {}, /--kafka-port/],
  [["--kafka-port=0"], {}, /^--kafka-port got "0"; it takes a port from 1 to 65535\.$/],
  [["--postgres-port=65536"], {}, /^--postgres-port got "65536"; it takes a port/],
  [["--postgres-port=-1"], {}, /--postgres-port/],
  [["--kafka-port=1e3"], {}, /--kafka-port/],
  [["--kafka-port="], {}, /^--kafka-port got ""/],
  [["--kafka-port=7", "--postgres-port=7"], {}, /the same/],
  [["--detached=yes"], {}, /--detached/],
  [[], { KAFKA_BROKERS: "own" }, /^KAFKA_BROKERS: "own" .*takes host:port/],
  [[], { DATABASE_URL: "mysql://u:secret@h/d" }, /^DATABASE_URL: (?!.*secret).*takes what libpq takes/],
  [[], { DATABASE_URL: "h:5432 password=secret" }, /^DATABASE_URL: (?!.*secret)/],
])("%j with %j is refused in one sentence that names it", (args, env, pattern) => {
  const parsed = parseOptions(args, env);
  expect(parsed).toEqual({ kind: "wrong", problem: expect.stringMatching(pattern) });
  expect(parsed.kind === "wrong" && parsed.problem).not.toContain("\n");
});
