import { fileURLToPath } from "node:url";

export const repositoryRoot = fileURLToPath(new URL("../../..", import.meta.url));

/** The command that runs an app's main from source, as its serve target does, without nx between. */
export function runFromSource(app: "stack" | "producer" | "consumer"): [string, ...string[]] {
  const main = `${repositoryRoot}apps/${app}/src/main.ts`;
  return [process.execPath, "--conditions=@tidemark/source", "--import", "tsx", main];
}
