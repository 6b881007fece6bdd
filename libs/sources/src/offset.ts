import { unsafeOffset } from "./errors.js";

/**
 * Reads an offset as kafkajs gives it, a text, or a number where `FetchedRecord` holds it.
 *
 * @throws SourceError `unsafe-offset` for anything but an integer from 0 to 2^53 - 1
 */
export function parseOffset(text: string | number): number {
  const offset = Number(text);
  if (text === "" || !Number.isSafeInteger(offset) || offset < 0) throw unsafeOffset(text);
  return offset;
}

/**
 * Checks an offset that came as a number.
 *
 * @throws SourceError `unsafe-offset`
 */
export function checkOffset(offset: number): number {
  if (!Number.isSafeInteger(offset) || offset < 0) throw unsafeOffset(offset);
  return offset;
}
