export { CannotVerifyError, type CannotVerifyCode } from "./errors.js";
export { loadRun, type ProducerRun } from "./producer-run.js";
export type { RunOptions } from "./options.js";
export { formatVerdict } from "./report.js";
export type { Verdict } from "./verdict.js";
export { verify, type VerifyOptions, type VerifyProgress } from "./verify.js";
