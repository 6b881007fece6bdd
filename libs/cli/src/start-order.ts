/** What `npm start` sets for the programs that it runs together: who waits for whom. It speaks with them over Node's IPC channel. */
const ROLE = "TIDEMARK_START_ORDER";

/** Tells `npm start` that this program has found its options and variables right. Does nothing otherwise. */
export function tellConfigured(): void {
  if (process.env[ROLE] !== "first" || process.send === undefined) return;
  // Where npm start has gone, the error of a closed channel is nobody's.
  process.send("configured", undefined, undefined, () => {
    if (process.connected) process.disconnect();
  });
}

/** Resolves when all programs that `npm start` runs beside this one have found their options right, or on the signal; else at once. */
export async function waitForConfigured(signal: AbortSignal): Promise<void> {
  if (process.env[ROLE] !== "last" || process.send === undefined) return;
  await new Promise<void>((resolve) => {
    const go = (): void => {
      process.off("message", go).off("disconnect", go);
      signal.removeEventListener("abort", go);
      if (process.connected) process.disconnect();
      resolve();
    };
    process.on("message", go).on("disconnect", go);
    signal.addEventListener("abort", go);
    if (signal.aborted || !process.connected) go();
  });
}
