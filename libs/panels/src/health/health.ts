import { topicVariable } from "../variables.js";
import type { Dashboard } from "../dashboard.js";
import { place } from "../dashboard.js";
import { checkpointTime, lagNow, lagOverTime, rowsPerSecond } from "./flow.js";
import { createLateBursts } from "./late-bursts.js";
import { createLateByHowMuch, createLedgerOverTime, createRejectsByReason, ledger } from "./ledger.js";
import { databaseSize, watermarks } from "./state.js";
import { createVerdictSource, type VerdictTables } from "./verdicts.js";

/** The panels on how a pipeline works, for the pipeline whose verdicts these tables count; and the bursts of late events. */
export function createHealthPanels(tables: VerdictTables) {
  const source = createVerdictSource(tables);
  return {
    lagNow,
    rowsPerSecond,
    databaseSize,
    ledger,
    watermarks,
    ledgerOverTime: createLedgerOverTime(source),
    lateByHowMuch: createLateByHowMuch(source),
    rejectsByReason: createRejectsByReason(source),
    checkpointTime,
    lagOverTime,
    lateBursts: createLateBursts(source),
  };
}

/** Whether the figures can be trusted, and how fast they come. `links` are the ids of the dashboards beside it. */
export function createHealthDashboard(
  panels: ReturnType<typeof createHealthPanels>,
  links: readonly string[],
): Dashboard {
  return {
    id: "pipeline-health",
    title: "Pipeline health",
    description: "What became of every record, how far the pipeline has come, and how fast it works.",
    tags: ["tidemark"],
    range: "1h",
    refreshSeconds: 5,
    variables: [topicVariable],
    annotations: [panels.lateBursts],
    rows: [
      [place(panels.lagNow, 6, 5), place(panels.rowsPerSecond, 12, 5), place(panels.databaseSize, 6, 5)],
      [place(panels.ledger, 8, 10), place(panels.watermarks, 16, 10)],
      [place(panels.ledgerOverTime, 24, 8)],
      [place(panels.lateByHowMuch, 12, 8), place(panels.rejectsByReason, 12, 8)],
      [place(panels.checkpointTime, 12, 8), place(panels.lagOverTime, 12, 8)],
    ],
    links,
  };
}
