import { readWhole } from "../storage/write-whole.js";
import { batchHeaderBytes, readBatchHeader, type BatchHeader } from "./record-batch.js";

/** Small, since a look-up needs few headers; batches that are larger are jumped over unread. */
const windowBytes = 8 * 1024;

/**
 * Visits the batches of a file from `position` on, by their headers. Stops before `end`, before what is no whole
 * batch, and before a batch for which `visit` returns false; returns where it stopped.
 */
export function walkBatches(
  fd: number,
  position: number,
  end: number,
  visit: (header: BatchHeader, position: number) => boolean,
): number {
  const window = Buffer.allocUnsafe(windowBytes);
  let windowAt = 0;
  let windowFilled = 0;
  let at = position;
  while (at + batchHeaderBytes <= end) {
    if (at < windowAt || at + batchHeaderBytes > windowAt + windowFilled) {
      windowAt = at;
      windowFilled = readWhole(fd, window.subarray(0, Math.min(windowBytes, end - at)), at);
    }
    const header = readBatchHeader(window.subarray(0, windowFilled), at - windowAt);
    if (header === null || at + header.size > end || !visit(header, at)) break;
    at += header.size;
  }
  return at;
}
