import { createHealthPanels } from "@tidemark/panels";
import { socmedData, socmedVerdicts1h, socmedVerdicts1m } from "../tables.js";

/** The panels on how the flagship's pipeline works, and the bursts of late events. */
export const healthPanels = createHealthPanels(socmedData.name, { minutes: socmedVerdicts1m, hours: socmedVerdicts1h });
