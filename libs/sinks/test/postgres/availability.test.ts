import { describe, expect, it } from "vitest";
import { isAnswer, isUnavailable, SinkError } from "../../src/index.js";

const said = (code: string, file = "some.c") =>
  Object.assign(new Error("what it said"), { severity: "ERROR", code, file });

it("a server that is not what target_session_attrs demands is waited out, one that cannot be trusted is not", () => {
  expect(isUnavailable(new SinkError("wrong-server", "It is a standby."))).toBe(true);
  expect(isUnavailable(new SinkError("refused-connection", "Its certificate has expired."))).toBe(false);
});

describe("an error of Postgres", () => {
  it.each([
    ["57P01", "it is shut down"],
    ["57P03", "it is starting"],
    ["53300", "it is out of connections"],
    ["53100", "its disk is full"],
    ["55P03", "a lock was not to be had"],
    ["57014", "a statement took too long"],
    ["40P01", "a deadlock"],
  ])("is waited out where it says %s: %s", (code) => {
    expect(isUnavailable(said(code))).toBe(true);
  });

  it("is waited out where the parallel workers of a query went with the server, and not where its state refuses", () => {
    expect(isUnavailable(said("55000", "parallel.c"))).toBe(true);
    expect(isUnavailable(said("55000"))).toBe(false);
  });

  it.each(["42P01", "23514", "22003", "42501"])("is not waited out where it says %s", (code) => {
    expect(isUnavailable(said(code))).toBe(false);
  });

  it("is the answer of a server at work where that refuses or takes too long, not where it starts, stops or has no room", () => {
    for (const code of ["55P03", "57014", "42501"]) expect(isAnswer(said(code))).toBe(true);
    for (const code of ["57P01", "57P03", "53300", "08006"]) expect(isAnswer(said(code))).toBe(false);
    expect(isAnswer(Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" }))).toBe(false);
  });
});
