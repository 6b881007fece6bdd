import { expandMacros, panelsOf, type View } from "@tidemark/panels";
import { dashboards } from "@tidemark/socmed/panels";
import { describe, expect, test } from "vitest";

const view: View = {
  fromMs: Date.UTC(2024, 1, 3, 17),
  toMs: Date.UTC(2024, 1, 3, 18, 0, 10, 250),
  intervalMs: 5_000,
  variables: { topic: "socmed-events", city: "all", platform: ["X", "TikTok"] },
};

describe("the dashboards", () => {
  test("answer each question of the deck, and what the pipeline is asked", () => {
    expect(dashboards.map((dashboard) => [dashboard.id, panelsOf(dashboard).map(({ id }) => id)])).toEqual([
      [
        "social-media-performance",
        [
          "total-usage",
          "platform-with-most-visitors",
          "total-transactions",
          "real-time-total-usage",
          "average-conversion-rate",
          "average-bounce-rate",
          "city-with-most-users",
          "city-with-most-sales",
          "funnel",
          "conversion-by-city-and-platform",
        ],
      ],
      [
        "pipeline-health",
        [
          "lag-now",
          "rows-per-second",
          "database-size",
          "ledger",
          "watermarks",
          "ledger-over-time",
          "late-by-how-much",
          "rejects-by-reason",
          "checkpoint-time",
          "lag-over-time",
        ],
      ],
    ]);
  });

  test("leave nothing of Grafana's in any query", () => {
    for (const dashboard of dashboards) {
      const queries = [...panelsOf(dashboard), ...dashboard.variables, ...dashboard.annotations];
      for (const { sql } of queries) expect(expandMacros(sql, view)).not.toContain("$");
    }
  });

  test("have rows that are full, and panels that are told apart", () => {
    for (const dashboard of dashboards) {
      for (const row of dashboard.rows) expect(row.reduce((sum, { width }) => sum + width, 0)).toBe(24);
      const ids = panelsOf(dashboard).map(({ id }) => id);
      expect(new Set(ids).size).toBe(ids.length);
    }
  });
});
