import { systemErrorCode } from "../errors.js";
import { errorCode, type ErrorCode } from "../protocol/error-code.js";

/** Runs what writes to the disk: where that refuses (it is full), the client is told, and the broker goes on. */
export function attempt(change: () => void): ErrorCode {
  try {
    change();
    return errorCode.none;
  } catch (error) {
    if (systemErrorCode(error) === null) throw error;
    return errorCode.storageError;
  }
}
