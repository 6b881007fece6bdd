import { makeFiles } from "../src/output.js";
import type { DashboardFile } from "./schema/dashboard-file.js";

/** The dashboards as they stand in the files, by the files' paths. Fresh copies each time. */
export function readDashboards(): Map<string, DashboardFile> {
  return new Map(
    [...makeFiles()]
      .filter(([path]) => path.endsWith(".json"))
      .map(([path, text]) => {
        const dashboard: DashboardFile = JSON.parse(text);
        return [path, dashboard];
      }),
  );
}
