import { ftruncateSync, readSync, writeSync } from "node:fs";

/**
 * Writes all of `bytes` at `position`, the end of the file, or throws and leaves the file as it was.
 * A full disk shows as a short write first, then as an error.
 */
export function writeWhole(fd: number, bytes: Buffer, position: number): void {
  try {
    let written = 0;
    while (written < bytes.length) {
      written += writeSync(fd, bytes, written, bytes.length - written, position + written);
    }
  } catch (error) {
    ftruncateSync(fd, position);
    throw error;
  }
}

/** Fills `into` from `position` on; returns how many bytes there were. */
export function readWhole(fd: number, into: Buffer, position: number): number {
  let filled = 0;
  while (filled < into.length) {
    const got = readSync(fd, into, filled, into.length - filled, position + filled);
    if (got === 0) break;
    filled += got;
  }
  return filled;
}
