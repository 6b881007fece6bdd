import { createHealthPanels } from "@tidemark/panels";
import { socmedVerdicts1h, socmedVerdicts1m } from "../tables.js";

/** The panels on how the flagship's pipeline works, and the bursts of late events. */
export const healthPanels = createHealthPanels({ minutes: socmedVerdicts1m, hours: socmedVerdicts1h });
