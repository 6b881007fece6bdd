/**
 * What Grafana knows us by. Never to be changed: dashboards name the data source by its uid, and people have the
 * dashboards' addresses in their bookmarks.
 */
export const datasource = {
  uid: "tidemark-postgres",
  name: "Tidemark",
  type: "grafana-postgresql-datasource",
} as const;

export const folder = { uid: "tidemark", title: "Tidemark" } as const;

/** The uid of a dashboard, by the panels' id for it. At most 40 characters, as Grafana takes them. */
export function dashboardUid(id: string): string {
  return `tidemark-${id}`;
}

/** The address of a dashboard below Grafana's own. */
export function dashboardPath(id: string): string {
  return `/d/${dashboardUid(id)}`;
}
