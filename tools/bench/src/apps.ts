import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

export const repositoryRoot = fileURLToPath(new URL("../../..", import.meta.url));

/** The command that runs an app's main from source, as its serve target does, without nx between. */
export function runFromSource(app: "stack" | "producer" | "consumer"): [string, ...string[]] {
  return runMain(`apps/${app}`);
}

/** The same for a tool and its run target. */
export function runToolFromSource(tool: "verify"): [string, ...string[]] {
  return runMain(`tools/${tool}`);
}

function runMain(project: string): [string, ...string[]] {
  const folder = `${repositoryRoot}${project}`;
  const { config } = JSON.parse(readFileSync(`${folder}/package.json`, "utf8")) as { config?: { node?: string } };
  const options = config?.node === undefined ? [] : config.node.split(" ");
  return [process.execPath, ...options, "--conditions=@tidemark/source", "--import", "tsx", `${folder}/src/main.ts`];
}
