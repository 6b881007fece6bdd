import { describe, expect, test } from "vitest";
import { createHealthDashboard, createHealthPanels, expandMacros, panelsOf } from "@tidemark/panels";
import { ordersVerdicts1h, ordersVerdicts1m } from "./tables.js";

const panels = createHealthPanels("orders", { minutes: ordersVerdicts1m, hours: ordersVerdicts1h });

describe("the health of a pipeline", () => {
  test.each(["ledgerOverTime", "lateByHowMuch", "rejectsByReason", "lateBursts"] as const)(
    "%s reads the pipeline's own verdicts, of minutes and of hours",
    (name) => {
      const tables = [...panels[name].sql.matchAll(/"(\w+_1[mh])"/g)].map(([, table]) => table);
      expect(new Set(tables)).toEqual(new Set(["orders_verdicts_1m", "orders_verdicts_1h"]));
    },
  );

  test("has a dashboard whose queries need a topic and nothing else", () => {
    const dashboard = createHealthDashboard(panels, ["orders"]);
    const view = { fromMs: 0, toMs: 3_600_000, intervalMs: 10_000, variables: { topic: "orders" } };
    for (const { sql } of [...panelsOf(dashboard), ...dashboard.variables, ...dashboard.annotations]) {
      expect(expandMacros(sql, view)).not.toContain("$");
    }
    expect(dashboard.links).toEqual(["orders"]);
  });
});
