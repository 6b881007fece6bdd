import type { Ledger, Pulse } from "../../src/protocol.js";
import { formatDuration } from "./times.js";

/** What a viewer saw last, before the page was hidden or closed. */
export interface Look {
  /** Epoch ms by Postgres's clock. */
  readonly atMs: number;
  readonly ledger: Ledger;
}

const key = "tidemark-last-look";

/** Shorter absences are none, in ms. */
const absenceMs = 5_000;

export function storeLook(look: Look): void {
  try {
    localStorage.setItem(key, JSON.stringify(look));
  } catch {
    // There is then no last look.
  }
}

export function readLook(): Look | undefined {
  try {
    const look: Partial<Look> | null = JSON.parse(localStorage.getItem(key) ?? "null");
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
