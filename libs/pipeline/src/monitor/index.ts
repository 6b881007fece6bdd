export { MonitorError, startMonitor, type Monitor, type MonitorAddress, type MonitoredTables } from "./server.js";
export type { MetricsSource } from "./prometheus.js";
