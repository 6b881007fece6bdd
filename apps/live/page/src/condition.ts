import type { Pulse } from "../../src/protocol.js";
import type { Connection } from "./stream.js";

/** How it stands with what the page shows, the worst first that holds. */
export type Condition = "server-away" | "database-away" | "connecting" | "empty" | "stopped" | "live";

/** So long without a checkpoint, and the stream counts as stopped, in ms. */
const stoppedAfterMs = 15_000;

/** `ageMs` is how long ago the newest checkpoint was committed. */
export function judgeCondition(connection: Connection, pulse: Pulse | undefined, ageMs: number | null): Condition {
  if (connection === "lost") return "server-away";
  if (pulse === undefined) return "connecting";
  if (pulse.database === "away") return "database-away";
  if (ageMs === null) return "empty";
  return ageMs > stoppedAfterMs ? "stopped" : "live";
}
