/** What programs that run a pipeline print about it. */
export { formatJson, formatLedger, formatStatus, formatTable } from "./format.js";
export { describeEvent, type TopicPlace } from "./notes.js";
export {
  createJsonReporter,
  createStatusReporter,
  createTableReporter,
  type Output,
  type Reporter,
} from "./reporter.js";
