import { setTimeout as delay } from "node:timers/promises";

const everyMs = 20;

/**
 * Waits until the condition holds. The time limit of the test ends it otherwise; with `limitMs` it throws before that,
 * with the text of `describe` in the message.
 */
export async function until(
  condition: () => boolean | Promise<boolean>,
  { describe = () => "", limitMs = Infinity }: { readonly describe?: () => string; readonly limitMs?: number } = {},
): Promise<void> {
  const startedMs = performance.now();
  while (!(await condition())) {
    if (performance.now() - startedMs > limitMs) throw new Error(`waited ${limitMs} ms in vain: ${describe()}`);
    await delay(everyMs);
  }
}
