import { expect, it } from "vitest";
import { parseOptions } from "../src/options.js";

it("shows the default topic on loopback where nothing is said", () => {
  expect(parseOptions([], { LIVE_PORT: "", PATH: "/bin" })).toEqual({
    kind: "run",
    options: { port: undefined, host: "127.0.0.1", topic: "socmed-events" },
  });
});

it("takes a port, a host and a topic", () => {
  const env = { LIVE_PORT: "0", LIVE_HOST: "::1", KAFKA_TOPIC: "others" };
  expect(parseOptions([], env)).toEqual({ kind: "run", options: { port: 0, host: "::1", topic: "others" } });
});

it.each([
  [{ LIVE_PORT: "http" }, 'LIVE_PORT got "http"; it takes a port from 0 to 65535.'],
  [{ LIVE_PORT: "65536" }, 'LIVE_PORT got "65536"; it takes a port from 0 to 65535.'],
  [{ LIVE_HOST: "a b" }, 'LIVE_HOST got "a b"; it takes a host name or address.'],
  [
    { KAFKA_TOPIC: "a'b" },
    `KAFKA_TOPIC got "a'b"; it takes a topic name of 1 to 249 letters, digits, dots, dashes or underscores.`,
  ],
])("says of %o in one sentence what is wrong", (env, problem) => {
  expect(parseOptions([], env)).toEqual({ kind: "wrong", problem });
});

it("refuses an option that it hasn't, and helps", () => {
  expect(parseOptions(["--port=1"], {})).toEqual({
    kind: "wrong",
    problem: "Unknown option '--port'; --help lists the options.",
  });
  expect(parseOptions(["-h"], { LIVE_PORT: "wrong" })).toEqual({ kind: "help" });
});
