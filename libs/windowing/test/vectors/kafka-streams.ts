import type { Adapter } from "./case-run.js";
import { sessionCount } from "./kafka-streams-sessions.js";
import { tableCountByValue } from "./kafka-streams-tables.js";
import { keyedWindowList, nullKey, windowCountSuppress } from "./kafka-streams-windows.js";
import { invalidConfig } from "./refusals.js";
import { windowAssign } from "./shared-kinds.js";

export const kafkaStreams: Readonly<Record<string, Adapter>> = {
  "keyed-window-list": keyedWindowList,
  "window-count-suppress": windowCountSuppress,
  "session-count-suppress": sessionCount,
  "session-count-final": sessionCount,
  "session-count-update": sessionCount,
  "session-late": sessionCount,
  "null-key": nullKey,
  "table-count-by-value-suppress": tableCountByValue,
  "window-assign": windowAssign,
  "invalid-config": invalidConfig,
};
