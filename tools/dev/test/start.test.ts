import { cpSync, existsSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, test } from "vitest";
import { createFolder, repository, run, until } from "./run.js";

const start = (args: readonly string[], env: NodeJS.ProcessEnv = {}) =>
  run(process.execPath, [join(repository, "tools/dev/start.mjs"), ...args], { env });

test("--help says what it starts, how to stop it, and starts nothing", async () => {
  const { exitCode, output } = start(["--help"]);
  expect(await exitCode).toBe(0);
  expect(output()).toMatch(/^npm start .*Ctrl-C stops all of it.*KAFKA_BROKERS.*DATABASE_URL.*TIDEMARK_DIR/s);
});

/** A folder that says that a stack runs on it. */
async function createRunningStack(): Promise<string> {
  const folder = createFolder();
  const program = join(folder, "stack.mjs");
  writeFileSync(program, 'console.log("up"); setInterval(() => {}, 60_000);');
  const other = run(process.execPath, [program]);
  await until(() => other.output() === "up\n");
  writeFileSync(join(folder, "stack.json"), JSON.stringify({ pid: other.child.pid }));
  return folder;
}

test("a file .env sets variables that are not set, as for nx run", async () => {
  const copy = createFolder();
  cpSync(join(repository, "tools/dev"), join(copy, "tools/dev"), { recursive: true });
  const [folder, other] = [await createRunningStack(), await createRunningStack()];
  writeFileSync(join(copy, ".env"), `TIDEMARK_DIR=${folder}\n`);
  const program = join(copy, "tools/dev/start.mjs");
  const unset = run(process.execPath, [program], { env: { TIDEMARK_DIR: undefined } });
  expect(await unset.exitCode).toBe(1);
  expect(unset.output()).toContain(`already running on ${folder}`);
  const set = run(process.execPath, [program], { env: { TIDEMARK_DIR: other } });
  expect(await set.exitCode).toBe(1);
  expect(set.output()).toContain(`already running on ${other}`);
});

test("the files .env mean what they mean for nx run: $NAME is a variable's value, and .env.local comes first", async () => {
  const copy = createFolder();
  cpSync(join(repository, "tools/dev"), join(copy, "tools/dev"), { recursive: true });
  symlinkSync(join(repository, "node_modules"), join(copy, "node_modules"));
  writeFileSync(join(copy, "package.json"), "{}");
  writeFileSync(join(copy, ".env"), "SECRET='p$NAME \\$x'\nNAME=two\nSET=file\nOTHER=env\n");
  writeFileSync(join(copy, ".env.local"), "OTHER=local\n");
  const print =
    "console.log(JSON.stringify(['SECRET', 'NAME', 'SET', 'OTHER'].map((name) => process.env[name] ?? null)))";
  const env = { SET: "given", NAME: undefined, SECRET: undefined, OTHER: undefined };
  const module = pathToFileURL(join(copy, "tools/dev/env-files.mjs")).href;
  const code = `import { loadEnvFiles } from "${module}"; loadEnvFiles(${JSON.stringify(copy)}); ${print}`;
  const ours = run(process.execPath, ["--input-type=module", "-e", code], { env });
  expect(await ours.exitCode, ours.output()).toBe(0);

  writeFileSync(join(copy, "nx.json"), "{}");
  const project = { name: "copy", nx: { targets: { print: { command: `node -e "${print}"`, cache: false } } } };
  writeFileSync(join(copy, "package.json"), JSON.stringify(project));
  const nx = run(process.execPath, [join(copy, "node_modules/nx/dist/bin/nx.js"), "run", "copy:print"], {
    cwd: copy,
    env: { ...env, NX_DAEMON: "false", NX_WORKSPACE_ROOT_PATH: undefined },
  });
  await nx.exitCode;
  expect(ours.output()).toBe('["ptwo $x","two","given","local"]\n');
  expect(nx.output()).toContain(ours.output().trim());
});

test("where a stack already runs on the same data, it says so in one sentence and exits 1", async () => {
  const folder = await createRunningStack();
  const { exitCode, output } = start([], { TIDEMARK_DIR: folder });
  expect(await exitCode).toBe(1);
  expect(output().trim().split("\n")).toEqual([
    expect.stringMatching(/^Tidemark is already running on .* \(stack, pid \d+\): stop it by Ctrl-C in its terminal/),
  ]);
});

test.each([
  { wrong: "an option", args: ["--evnts=5"], env: {}, says: /^producer +Unknown option '--evnts'/m },
  { wrong: "a value", args: ["--scenario", "none.json"], env: {}, says: /^producer .*none\.json/m },
  { wrong: "a variable", args: [], env: { WATERMARK_DELAY: "soon" }, says: /^consumer +WATERMARK_DELAY got "soon"/m },
  { wrong: "an address", args: [], env: { DATABASE_URL: "mysql://h/d" }, says: /begins with mysql/ },
  { wrong: "a port", args: [], env: { LIVE_PORT: "page" }, says: /^live +LIVE_PORT got "page"/m },
])("$wrong that is wrong is refused before any server is started", { timeout: 60_000 }, async ({ args, env, says }) => {
  const folder = join(createFolder(), "data");
  const { exitCode, output } = start(args, { TIDEMARK_DIR: folder, ...env });
  expect(await exitCode, output()).toBe(2);
  expect(output()).toMatch(says);
  expect(output()).not.toMatch(/^stack +(Kafka|Postgres)/m);
  expect(existsSync(folder)).toBe(false);
});
