import { withTimes, type Pipeline } from "@tidemark/pipeline";
import { withIdScope, withKeyLimit } from "@tidemark/pipeline/definition";
import { socmed } from "@tidemark/socmed";
import { createExpectedTables, type ExpectedTables } from "./expected-tables.js";
import { createLog, type TopicLog } from "./log.js";

/** A log and what is made of it: the same for many schedules. */
export interface Matter {
  readonly log: TopicLog;
  readonly pipeline: Pipeline;
  readonly expected: ExpectedTables;
}

const matters = new Map<string, Matter>();
const logCount = 97;

/** The matter of a schedule; of so many partitions where it says so. */
export function matterOf(seed: number, partitions?: number): Matter {
  const number = seed % logCount;
  const key = `${number} ${partitions ?? ""}`;
  const known = matters.get(key);
  if (known !== undefined) return known;
  const log = createLog(number, partitions);
  const timed = withTimes(socmed, log.times);
  const limited = log.keyLimit === null ? timed : withKeyLimit(timed, log.keyLimit);
  const pipeline = withIdScope(limited, log.idScope);
  const matter = { log, pipeline, expected: createExpectedTables(log) };
  matters.set(key, matter);
  return matter;
}
