import type { DashboardFile } from "../schema/dashboard-file.js";

/** What names something that is not there. */
export function findReferenceProblems(
  dashboard: DashboardFile,
  all: readonly DashboardFile[],
  datasourceUid: string,
): string[] {
  return [
    ...queriesOf(dashboard).flatMap(({ where, sql }) => findVariableProblems(where, sql, dashboard)),
    ...findDatasources(dashboard)
      .filter((uid) => uid !== datasourceUid)
      .map((uid) => `data source: ${String(uid)} is not provisioned`),
    ...(dashboard.links ?? [])
      .filter(({ url }) => !all.some(({ uid }) => url === `/d/${uid}`))
      .map(({ title, url }) => `link: ${title} leads to ${url}, where there is no dashboard`),
  ];
}

function queriesOf({ panels, templating, annotations }: DashboardFile): { where: string; sql: string }[] {
  return [
    ...panels.flatMap(({ title, targets }) => targets.map(({ rawSql }) => ({ where: title ?? "", sql: rawSql }))),
    ...templating.list.map(({ name, query }) => ({ where: `$${name}`, sql: typeof query === "string" ? query : "" })),
    ...annotations.list.map(({ name, target }) => ({ where: name, sql: target.rawSql })),
  ];
}

/** Grafana's own in the browser; all others that begin so are macros of the plugin, and have brackets. */
const ownVariables: ReadonlySet<string> = new Set(["__interval_ms"]);

function findVariableProblems(where: string, sql: string, { templating }: DashboardFile): string[] {
  const used = [...sql.matchAll(/(?<quote>'?)\$(?<name>\w+)(?<call>\(?)/g)];
  return used.flatMap(({ groups }) => {
    const { name = "", quote, call } = groups ?? {};
    if (name.startsWith("__")) {
      return call === "(" || ownVariables.has(name) ? [] : [`macro: ${where} names $${name} without brackets`];
    }
    const variable = templating.list.find((one) => one.name === name);
    if (variable === undefined) return [`variable: ${where} names $${name}, which there is not`];
    // Grafana puts the values of what may be several in quotes, and a single one as it is.
    if ((variable.multi === true) === (quote === "'")) return [`quotes: ${where} has $${name} in the wrong ones`];
    return [];
  });
}

/** Of panels, queries, variables and annotations, wherever one is named. */
function findDatasources(json: unknown): unknown[] {
  if (typeof json !== "object" || json === null) return [];
  return Object.entries(json).flatMap(([key, value]) => [
    ...(key === "datasource" ? [uidOf(value)] : []),
    ...findDatasources(value),
  ]);
}

function uidOf(datasource: unknown): unknown {
  return typeof datasource === "object" && datasource !== null && "uid" in datasource ? datasource.uid : datasource;
}
