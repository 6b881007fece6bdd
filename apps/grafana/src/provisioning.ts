import { stringify } from "yaml";
import { datasource, folder } from "./identity.js";

/** Where Grafana looks for the dashboards' files, on its own disk. */
export const dashboardsDirectory = "/etc/grafana/tidemark/dashboards";

/**
 * The variables of Grafana's environment that the data source is made from. Grafana reads them when it starts, so that no
 * password stands in a file.
 */
export const datasourceVariables = {
  /** Host and port. */
  host: "TIDEMARK_POSTGRES_HOST",
  database: "TIDEMARK_POSTGRES_DATABASE",
  user: "TIDEMARK_POSTGRES_USER",
  password: "TIDEMARK_POSTGRES_PASSWORD",
  /** disable, require, verify-ca or verify-full. */
  sslMode: "TIDEMARK_POSTGRES_SSLMODE",
} as const;

/** How many connections Grafana may hold, and for how long (s): fewer than the reader may open. */
const pool = { maxOpenConns: 5, maxIdleConns: 5, maxIdleConnsAuto: false, connMaxLifetime: 300 } as const;

export interface DatasourceAddress {
  readonly host: string;
  readonly database: string;
  readonly user: string;
  readonly password: string;
  readonly sslMode: string;
}

/** The data source as Grafana's files and its API take it. */
export function describeDatasource({ host, database, user, password, sslMode }: DatasourceAddress) {
  return {
    name: datasource.name,
    uid: datasource.uid,
    type: datasource.type,
    access: "proxy",
    url: host,
    user,
    isDefault: false,
    jsonData: {
      database,
      sslmode: sslMode,
      ...pool,
      postgresVersion: 1500,
      timescaledb: false,
      // The grain of the finest rollup: what is asked for without a panel's own interval.
      timeInterval: "5s",
    },
    secureJsonData: { password },
  };
}

/** A YAML file that Grafana reads from `provisioning/datasources`. */
export function provisionDatasource(): string {
  const { host, database, user, password, sslMode } = datasourceVariables;
  const fromEnvironment = describeDatasource({
    host: variable(host),
    database: variable(database),
    user: variable(user),
    password: variable(password),
    sslMode: variable(sslMode),
  });
  return stringify({ apiVersion: 1, datasources: [{ ...fromEnvironment, editable: false }] });
}

/** A YAML file that Grafana reads from `provisioning/dashboards`. */
export function provisionDashboards(): string {
  return stringify({
    apiVersion: 1,
    providers: [
      {
        name: folder.title,
        type: "file",
        folder: folder.title,
        folderUid: folder.uid,
        disableDeletion: true,
        allowUiUpdates: false,
        updateIntervalSeconds: 30,
        options: { path: dashboardsDirectory, foldersFromFilesStructure: false },
      },
    ],
  });
}

const variable = (name: string): string => `$__env{${name}}`;
