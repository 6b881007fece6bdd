import { mkdir, readdir, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join, relative, sep } from "node:path";
import type { Dashboard } from "@tidemark/panels";
import { dashboards } from "@tidemark/socmed/panels";
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

/**
 * Writes the files, each whole; what else was in the directory goes. Directories that are there stay the same ones: a container
 * that has them mounted would see nothing of others that took their place.
 */
export async function writeFiles(directory: string, files: ReadonlyMap<string, string>): Promise<void> {
  for (const [path, text] of files) {
    const file = join(directory, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(`${file}.new`, text);
    await rename(`${file}.new`, file);
  }
  for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile() && !files.has(relative(directory, path).replaceAll(sep, "/"))) await rm(path);
  }
}
