export { startProgram, tidemarkProgram } from "./program.js";
export type { Program, ProgramOptions } from "./program.js";
export { startProxy } from "./proxy.js";
export type { ConnectionPlan, Fate, Proxy } from "./proxy.js";
export { temporaryDirectory } from "./temporary-directory.js";
export { until } from "./until.js";
export { hasPgbouncer, startPgbouncer, type Pgbouncer, type PoolMode } from "./pgbouncer.js";
export { setUnusual, unusualSession, type RunSql } from "./unusual-settings.js";
