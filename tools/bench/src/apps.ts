import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

export const repositoryRoot = fileURLToPath(new URL("../../..", import.meta.url));

/** The command that runs an app as its serve target does, without nx between: what its build has made. */
export function runBuilt(app: "stack" | "producer" | "consumer"): [string, ...string[]] {
  const folder = `${repositoryRoot}apps/${app}`;
  return [process.execPath, ...nodeOptions(folder), `${folder}/dist/main.js`];
}

/** The same for a tool and its run target, from source. */
export function runToolFromSource(tool: "verify"): [string, ...string[]] {
  const folder = `${repositoryRoot}tools/${tool}`;
  const fromSource = ["--conditions=@tidemark/source", "--import", "tsx"];
  return [process.execPath, ...nodeOptions(folder), ...fromSource, `${folder}/src/main.ts`];
}

function nodeOptions(folder: string): readonly string[] {
  const { config } = JSON.parse(readFileSync(`${folder}/package.json`, "utf8")) as { config?: { node?: string } };
  return config?.node === undefined ? [] : config.node.split(" ");
}
