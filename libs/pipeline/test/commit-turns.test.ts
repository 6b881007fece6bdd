import { describe, expect, it } from "vitest";
import { CommitTurns } from "../src/commit-turns.js";

/** Work that ends when it is told to. */
function createWork(begun: string[], name: string) {
  let end: () => void = () => {};
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  return {
    end,
    work: async () => {
      begun.push(name);
      await ended;
    },
  };
}

describe("CommitTurns", () => {
  it("lets so many work at a time, and the others in the order in which they came", async () => {
    const turns = new CommitTurns(2, 60_000);
    const begun: string[] = [];
    const works = ["a", "b", "c", "d"].map((name) => createWork(begun, name));
    const done = works.map(({ work }) => turns.run(work));
    expect(begun).toEqual(["a", "b"]);
    works[1]?.end();
    await done[1];
    await expect.poll(() => begun).toEqual(["a", "b", "c"]);
    works[0]?.end();
    await done[0];
    await expect.poll(() => begun).toEqual(["a", "b", "c", "d"]);
    for (const { end } of works) end();
    await Promise.all(done);
  });

  it("goes on after work that fails", async () => {
    const turns = new CommitTurns(1, 60_000);
    const failing = turns.run(() => Promise.reject(new Error("refused")));
    const next = turns.run(async () => {});
    await expect(failing).rejects.toThrow("refused");
    await next;
  });

  it("passes the turn on while somebody takes long", async () => {
    const turns = new CommitTurns(1, 1);
    const begun: string[] = [];
    const [long, short] = [createWork(begun, "long"), createWork(begun, "short")];
    const done = [turns.run(long.work), turns.run(short.work)];
    await expect.poll(() => begun).toEqual(["long", "short"]);
    long.end();
    short.end();
    await Promise.all(done);
  });
});
