import type { Dashboard } from "../dashboard.js";
import { place } from "../dashboard.js";
import { createTopicVariable } from "../variables.js";
import {
  createCheckpointTime,
  createLagNow,
  createLagOverTime,
  createObservationSource,
  createRowsPerSecond,
} from "./flow.js";
import { createLateBursts } from "./late-bursts.js";
import { createLateByHowMuch, createLedgerOverTime, createRejectsByReason, createLedger } from "./ledger.js";
import { createWatermarks, databaseSize } from "./state.js";
import { createVerdictSource, type VerdictTables } from "./verdicts.js";

/**
 * The panels on how one pipeline works, the bursts of late events, and the choice of a topic. `pipeline` is its name, and `tables`
 * count its outcomes. Other pipelines may read the same topic into the same database: their figures do not show.
 */
export function createHealthPanels(pipeline: string, tables: VerdictTables) {
  const outcomes = createVerdictSource(tables);
  const observations = createObservationSource(pipeline);
  return {
    lagNow: createLagNow(observations),
    rowsPerSecond: createRowsPerSecond(observations),
    databaseSize,
    ledger: createLedger(pipeline),
    watermarks: createWatermarks(pipeline),
    ledgerOverTime: createLedgerOverTime(outcomes),
    lateByHowMuch: createLateByHowMuch(outcomes),
    rejectsByReason: createRejectsByReason(outcomes),
    checkpointTime: createCheckpointTime(observations),
    lagOverTime: createLagOverTime(observations),
    lateBursts: createLateBursts(outcomes),
    topicVariable: createTopicVariable(pipeline),
  };
}

export type HealthPanels = ReturnType<typeof createHealthPanels>;

/** Whether the figures can be trusted, and how fast they come. `links` are the ids of the dashboards beside it. */
export function createHealthDashboard(panels: HealthPanels, links: readonly string[]): Dashboard {
  return {
    id: "pipeline-health",
    title: "Pipeline health",
    description: "What became of every record, how far the pipeline has come, and how fast it works.",
    tags: ["tidemark"],
    range: "1h",
    refreshSeconds: 5,
    variables: [panels.topicVariable],
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
