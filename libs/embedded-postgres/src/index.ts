export { EmbeddedPostgresError } from "./errors.js";
export type { EmbeddedPostgresErrorCode } from "./errors.js";
export { findInstalledPostgres, type InstalledPostgres } from "./installed.js";
export { startPostgres } from "./server.js";
export type { EmbeddedPostgres, PostgresOptions } from "./server.js";
