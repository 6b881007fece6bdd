import { sql } from "drizzle-orm";
import type { Annotation } from "../annotation.js";
import { renderSql } from "../render.js";
import { pointOf } from "../resolution.js";
import { verdictPointWidth, type VerdictSource } from "./verdicts.js";

/** A burst: in a minute (or a wider point, where the screen asks for one) at least so many late events, and so large a share. */
export const lateBurst = { records: 10, share: 0.05 } as const;

export const createLateBursts = ({ verdicts, fromVerdictsOfSeries }: VerdictSource): Annotation => ({
  name: "Late bursts",
  description: `${lateBurst.records} late events or more came at once, and were at least ${lateBurst.share * 100} % of what came.`,
  sql: renderSql(sql`select point as time, point + ${verdictPointWidth} as timeend,
  late || ' of ' || read || ' records late' as text, 'late' as tags
from (
  select ${pointOf(verdicts.window_start, verdictPointWidth)} as point, sum(${verdicts.records}) as read,
    sum(${verdicts.records}) filter (where ${verdicts.verdict} = 'late') as late
  ${fromVerdictsOfSeries}
  group by 1
) as points
where late >= greatest(${sql.raw(`${lateBurst.records}`)}, read * ${sql.raw(`${lateBurst.share}`)})
order by point`),
  variables: ["topic"],
});
