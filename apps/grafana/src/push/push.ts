import type { Dashboard } from "@tidemark/panels";
import { dashboards } from "@tidemark/socmed/panels";
import { z } from "zod";
import { GrafanaError, isProvisioned, noDatasource } from "../errors.js";
import { dashboardPath, dashboardUid, datasource, folder } from "../identity.js";
import { buildDashboard } from "../model/dashboard.js";
import { describeDatasource, type DatasourceAddress } from "../provisioning.js";
import { sortedJson } from "../sorted-json.js";
import { connectGrafana, type GrafanaAddress, type GrafanaClient, type Purpose } from "./client.js";
import { listDifferences } from "./difference.js";

export interface PushOptions {
  readonly grafana: GrafanaAddress;
  /** Undefined: the data source that is there is left alone. */
  readonly reader: DatasourceAddress | undefined;
  /** Looks only. */
  readonly dryRun: boolean;
  readonly say: (line: string) => void;
}

const folderSchema = z.object({ title: z.string() });
const datasourceSchema = z.looseObject({ readOnly: z.boolean().optional() });
const dashboardSchema = z.object({
  dashboard: z.looseObject({}),
  meta: z.object({ folderUid: z.string().optional(), provisioned: z.boolean().optional() }),
});

/**
 * Sends folder, data source and dashboards, where they differ from what is there. Once more changes nothing.
 * Rejects with GrafanaError at the first that can't be sent; what was sent before stays.
 */
export async function pushDashboards(options: PushOptions, all: readonly Dashboard[] = dashboards): Promise<void> {
  const client = await connectGrafana(options.grafana);
  await pushFolder(client, options);
  await pushDatasource(client, options);
  for (const dashboard of all) await pushDashboard(client, options, dashboard, all);
}

async function pushFolder(client: GrafanaClient, { dryRun, say }: PushOptions): Promise<void> {
  const purpose: Purpose = { what: `save the folder ${folder.title}`, role: "Editor" };
  const path = `/api/folders/${folder.uid}`;
  const found = await client.read(path, { what: "read folders", role: "Editor" });
  if (found === undefined) {
    say(`folder ${folder.title}: ${dryRun ? "would be made" : "made"}`);
    if (!dryRun) await client.write("POST", "/api/folders", folder, purpose);
    return;
  }
  const { title } = folderSchema.parse(found);
  if (title === folder.title) return say(`folder ${folder.title}: unchanged`);
  say(`folder ${folder.title}: ${dryRun ? "would be renamed" : "renamed"}, it was ${title}`);
  if (!dryRun) await client.write("PUT", path, { title: folder.title, overwrite: true }, purpose);
}

async function pushDatasource(client: GrafanaClient, { reader, dryRun, say }: PushOptions): Promise<void> {
  const path = `/api/datasources/uid/${datasource.uid}`;
  if (reader === undefined) {
    const found = await client.read(path, { what: "read data sources", role: "Admin" }).catch(believeIn);
    if (found === undefined) throw noDatasource(datasource.uid);
    return say(`data source ${datasource.name}: left alone, READER_DATABASE_URL is not set`);
  }
  const purpose: Purpose = { what: `save the data source ${datasource.name}`, role: "Admin" };
  const wanted = describeDatasource(reader);
  const found = await client.read(path, { what: "read data sources", role: "Admin" });
  if (found === undefined) {
    say(`data source ${datasource.name}: ${dryRun ? "would be made" : "made"}`);
    if (!dryRun) await client.write("POST", "/api/datasources", wanted, purpose);
    return;
  }
  const theirs = datasourceSchema.parse(found);
  if (theirs.readOnly === true) throw isProvisioned(`the data source ${datasource.name}`);
  const { secureJsonData: _, ...visible } = wanted;
  const differences = listDifferences(
    Object.fromEntries(Object.keys(visible).map((name) => [name, theirs[name]])),
    visible,
  );
  const what = differences.length === 0 ? "unchanged" : dryRun ? "would be changed" : "changed";
  say(
    `data source ${datasource.name}: ${what}; its password, which Grafana keeps to itself, ${dryRun ? "would be sent" : "sent"}`,
  );
  for (const line of differences) say(`  ${line}`);
  if (!dryRun) await client.write("PUT", path, wanted, purpose);
}

/** An Editor may use a data source and not read it: then it is taken to be there. */
function believeIn(error: unknown): object {
  if (error instanceof GrafanaError && error.code === "not-allowed") return {};
  throw error;
}

async function pushDashboard(
  client: GrafanaClient,
  { grafana, dryRun, say }: PushOptions,
  dashboard: Dashboard,
  all: readonly Dashboard[],
): Promise<void> {
  const uid = dashboardUid(dashboard.id);
  const ours: unknown = JSON.parse(sortedJson(buildDashboard(dashboard, all)));
  const found = await client.read(`/api/dashboards/uid/${uid}`, { what: "read dashboards", role: "Editor" });
  const theirs = found === undefined ? undefined : dashboardSchema.parse(found);
  if (theirs?.meta.provisioned === true) throw isProvisioned(`the dashboard ${dashboard.title}`);
  const moved = theirs !== undefined && theirs.meta.folderUid !== folder.uid;
  const differences = [
    ...(theirs === undefined ? [] : listDifferences(theirs.dashboard, ours)),
    ...(moved ? [`folder: ${theirs.meta.folderUid ?? "none"} -> ${folder.uid}`] : []),
  ];
  if (theirs !== undefined && differences.length === 0) return say(`dashboard ${dashboard.title}: unchanged`);
  const what = theirs === undefined ? "made" : "changed";
  say(
    `dashboard ${dashboard.title}: ${dryRun ? `would be ${what}` : `${what}, ${grafana.url}${dashboardPath(dashboard.id)}`}`,
  );
  for (const line of differences) say(`  ${line}`);
  if (dryRun) return;
  const body = { dashboard: ours, folderUid: folder.uid, overwrite: true, message: "nx run grafana:push" };
  await client.write("POST", "/api/dashboards/db", body, {
    what: `save the dashboard ${dashboard.title}`,
    role: "Editor",
  });
}
