import type { Ledger, Pulse } from "../../src/protocol.js";
import { formatDuration } from "./times.js";

/** What a viewer saw last, before the page was hidden or closed. */
export interface Look {
  /** Epoch ms by Postgres's clock. */
  readonly atMs: number;
  readonly ledger: Ledger;
}

/** Servers of other topics may have had this address before. */
const keyOf = (topic: string): string => `tidemark-last-look ${topic}`;

/** Shorter absences are none, in ms. */
const absenceMs = 5_000;

export function storeLook(topic: string, look: Look): void {
  try {
    localStorage.setItem(keyOf(topic), JSON.stringify(look));
  } catch {
    // There is then no last look.
  }
}

export function readLook(topic: string): Look | undefined {
  try {
    const look: Partial<Look> | null = JSON.parse(localStorage.getItem(keyOf(topic)) ?? "null");
    const { atMs, ledger } = look ?? {};
    if (typeof atMs !== "number" || typeof ledger?.read !== "number") return undefined;
    return { atMs, ledger };
  } catch {
    return undefined;
  }
}

const count = (value: number): string => value.toLocaleString("en-US");

/** What has changed since, in a sentence; "" where that can't be said. */
export function describeChange(look: Look | undefined, pulse: Pulse | undefined): string {
  if (look === undefined || !pulse?.ledger) return "";
  const awayMs = pulse.nowMs - look.atMs;
  const { ledger } = pulse;
  const read = ledger.read - look.ledger.read;
  // Other tables, or made anew.
  if (awayMs < absenceMs || read < 0) return "";
  const counted = ledger.counted - look.ledger.counted;
  const others = read - counted;
  const rest = others === 0 ? "" : `, ${count(others)} of them not counted`;
  return `Since your last look ${formatDuration(awayMs)} ago: ${read === 0 ? "nothing new" : `${count(read)} records more${rest}`}`;
}
