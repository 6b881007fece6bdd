import { mkdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { dashboards, type Dashboard } from "@tidemark/panels";
import { buildDashboard } from "./model/dashboard.js";
import { provisionDashboards, provisionDatasource } from "./provisioning.js";
import { sortedJson } from "./sorted-json.js";

/** The files that Grafana is provisioned from: their text by their path below `dist/grafana`. The same on every machine. */
export function makeFiles(all: readonly Dashboard[] = dashboards): ReadonlyMap<string, string> {
  return new Map([
    ...all.map((dashboard): [string, string] => [
      `dashboards/${dashboard.id}.json`,
      sortedJson(buildDashboard(dashboard, all)),
    ]),
    ["provisioning/dashboards/tidemark.yaml", provisionDashboards()],
    ["provisioning/datasources/tidemark.yaml", provisionDatasource()],
  ]);
}

/** Writes the files; what else was in the directory goes. */
export async function writeFiles(directory: string, files: ReadonlyMap<string, string>): Promise<void> {
  await rm(directory, { recursive: true, force: true });
  for (const [path, text] of files) {
    const file = join(directory, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
  }
}
