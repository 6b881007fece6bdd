/** A project outside of the workspace that has the packed libs installed. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runOrThrow } from "../src/commands.js";
import { repository, type PackedLib } from "../src/packages.js";

/** The project depends on all libs, on what the examples use besides, and on the types of Node, as anyone's would. */
export function createProject(folder: string, libs: readonly PackedLib[]): void {
  const { devDependencies = {} } = readManifest("package.json");
  const { dependencies: ofExamples = {} } = readManifest("examples/package.json");
  const others = Object.entries(ofExamples).filter(([name]) => !name.startsWith("@tidemark/"));
  const packed = libs.map(({ packageName, file }) => [packageName, `file:${file}`] as const);
  const manifest = {
    name: "outside",
    private: true,
    type: "module",
    dependencies: Object.fromEntries([...packed, ...others]),
    devDependencies: { "@types/node": devDependencies["@types/node"] },
  };
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "package.json"), JSON.stringify(manifest, undefined, 2));
  const options = ["--prefer-offline", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"];
  runOrThrow("npm", ["install", ...options], folder);
}

type Dependencies = Readonly<Record<string, string>>;

function readManifest(path: string) {
  return JSON.parse(readFileSync(join(repository, path), "utf8")) as {
    readonly dependencies?: Dependencies;
    readonly devDependencies?: Dependencies;
  };
}
