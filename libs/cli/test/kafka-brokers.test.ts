import fc from "fast-check";
import { expect, test } from "vitest";
import { parseKafkaBrokers } from "../src/kafka-brokers.js";

test.each([
  ["localhost:9092", ["localhost:9092"]],
  [" a.example:1 , b_2:65535 ", ["a.example:1", "b_2:65535"]],
  ["[::1]:9092", ["[::1]:9092"]],
])("%j is a list of brokers", (text, brokers) => {
  expect(parseKafkaBrokers(text)).toEqual(brokers);
});

test.each([
  "",
  "localhost",
  "localhost:",
  "localhost:0",
  "localhost:65536",
  "a:1,,b:2",
  "kafka://a:1",
  "a:1;b:2",
  "::1:1",
])("%j is refused, with the variable, what came and what it takes", (text) => {
  expect(() => parseKafkaBrokers(text)).toThrowError(
    expect.objectContaining({
      code: "bad-address",
      message: expect.stringMatching(/^KAFKA_BROKERS: .* it takes host:port/),
    }),
  );
});

test("a password before the host is not repeated", () => {
  expect(() => parseKafkaBrokers("user:secret@host:9092x")).toThrowError(
    expect.objectContaining({ message: expect.not.stringContaining("secret") }),
  );
});

test("any ports in range are taken as they are", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 65_535 }), { minLength: 1 }), (ports) => {
      const brokers = ports.map((port) => `127.0.0.1:${port}`);
      expect(parseKafkaBrokers(brokers.join(","))).toEqual(brokers);
    }),
  );
});
