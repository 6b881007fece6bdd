import { socmedVerdicts1m as verdicts } from "@tidemark/sinks/tables";
import { sql } from "drizzle-orm";
import { timeFilter } from "./macros.js";
import { renderSql } from "./render.js";
import { isTopic, type VariableName } from "./variables.js";
import { pointOf, wholeOf } from "./windows.js";

/** What is marked on the time axis of every series. Its SQL gives `time` and `timeend` (timestamptz), `text` and `tags`. */
export interface Annotation {
  readonly name: string;
  readonly description: string;
  readonly sql: string;
  readonly variables: readonly VariableName[];
}

/** A burst: in a minute (or a wider point, where the screen asks for one) at least so many late events, and so large a share. */
export const lateBurst = { records: 10, share: 0.05 } as const;

const pointWidth = wholeOf(60);

export const lateBursts: Annotation = {
  name: "Late bursts",
  description: `${lateBurst.records} late events or more came at once, and were at least ${lateBurst.share * 100} % of what came.`,
  sql: renderSql(sql`select point as time, point + ${pointWidth} as timeend,
  late || ' of ' || read || ' records late' as text, 'late' as tags
from (
  select ${pointOf(verdicts.window_start, pointWidth)} as point, sum(${verdicts.records}) as read,
    sum(${verdicts.records}) filter (where ${verdicts.verdict} = 'late') as late
  from ${verdicts}
  where ${isTopic(verdicts.topic)} and ${timeFilter(verdicts.window_start)}
  group by 1
) as points
where late >= greatest(${sql.raw(`${lateBurst.records}`)}, read * ${sql.raw(`${lateBurst.share}`)})
order by point`),
  variables: ["topic"],
};
