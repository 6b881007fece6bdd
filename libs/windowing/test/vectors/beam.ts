import { panes } from "./beam-panes.js";
import type { Adapter } from "./case-run.js";
import { invalidConfig } from "./refusals.js";
import { sessionGroup, windowAssign, windowGroup } from "./shared-kinds.js";

/** Beam's watermark is as ours: no more events before it. */
export const beam: Readonly<Record<string, Adapter>> = {
  "window-group": windowGroup,
  "session-group": sessionGroup,
  "window-assign": windowAssign,
  "invalid-config": invalidConfig,
  panes,
};
