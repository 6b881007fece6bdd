import { mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { parseStackFile, readStackFile, removeStackFile, stackFilePath, writeStackFile } from "../src/stack-file.js";
import { deadPid, temporaryDirectory } from "./workspace.js";

const stack = {
  pid: process.pid,
  kafkaBrokers: ["127.0.0.1:19092"],
  databaseUrl: "postgresql://postgres:secret@127.0.0.1:15432/tidemark",
};

test("what was written is read, for its owner alone, and nothing else is left in the directory", async () => {
  const directory = await temporaryDirectory();
  await writeStackFile(directory, stack);
  expect(await readStackFile(directory)).toEqual(stack);
  expect(JSON.parse(await readFile(stackFilePath(directory), "utf8"))).toEqual(stack);
  expect((await stat(stackFilePath(directory))).mode & 0o777).toBe(0o600);
  expect(await readdir(directory)).toEqual(["stack.json"]);
});

test("a file is not believed when its process is gone, nor is there one where there is none", async () => {
  const directory = await temporaryDirectory();
  expect(await readStackFile(directory)).toBeUndefined();
  await writeStackFile(directory, { ...stack, pid: await deadPid() });
  expect(await readStackFile(directory)).toBeUndefined();
});

test("only its own process removes a file", async () => {
  const directory = await temporaryDirectory();
  await writeStackFile(directory, stack);
  await removeStackFile(directory, process.pid + 1);
  expect(await readStackFile(directory)).toEqual(stack);
  await removeStackFile(directory, process.pid);
  expect(await readdir(directory)).toEqual([]);
  await removeStackFile(directory, process.pid);
});

test("a server that the stack doesn't run may be absent", () => {
  expect(parseStackFile('{"pid":1}')).toEqual({ pid: 1 });
});

test.each([
  "",
  "[]",
  "null",
  '{"pid":"1"}',
  '{"pid":0}',
  '{"pid":1.5}',
  '{"pid":1,"kafkaBrokers":[]}',
  '{"pid":1,"kafkaBrokers":"a:1"}',
  '{"pid":1,"kafkaBrokers":["a"]}',
  '{"pid":1,"databaseUrl":"mysql://u:secret@h/d"}',
])("%j is refused, naming the file", (text) => {
  expect(() => parseStackFile(text, "/x/stack.json")).toThrowError(
    expect.objectContaining({
      code: "bad-stack-file",
      message: expect.stringMatching(/^\/x\/stack\.json (?!.*secret).*Remove it\.$/),
    }),
  );
});

test("a file that can't be read is refused", async () => {
  const directory = await temporaryDirectory();
  await mkdir(stackFilePath(directory));
  await expect(readStackFile(directory)).rejects.toMatchObject({ code: "bad-stack-file" });
});

test("a file of something else is refused", async () => {
  const directory = await temporaryDirectory();
  await writeFile(stackFilePath(directory), "hello");
  await expect(readStackFile(directory)).rejects.toMatchObject({ code: "bad-stack-file" });
});
