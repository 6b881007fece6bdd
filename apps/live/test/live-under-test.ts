import { startLive, type LiveSurroundings } from "../src/live.js";
import type { LiveServer } from "../src/server.js";
import { defaultRhythms, type Rhythms } from "../src/watch.js";
import { topic } from "./partition-writer.js";

export interface LiveUnderTest extends LiveServer {
  /** What it has said. */
  readonly lines: readonly string[];
}

/** Rows are read after a commit and never otherwise, so that what is read can be counted. */
export const onlyCommits: Rhythms = {
  "5m": { fastMs: Infinity, slowMs: Infinity },
  "1h": { fastMs: Infinity, slowMs: Infinity },
  "24h": { fastMs: Infinity, slowMs: Infinity },
  all: { fastMs: Infinity, slowMs: Infinity },
};

export async function startUnderTest(
  databaseUrl: string,
  surroundings: Partial<LiveSurroundings> = {},
): Promise<LiveUnderTest> {
  const lines: string[] = [];
  const server = await startLive(
    { port: 0, host: "127.0.0.1", topic },
    { databaseUrl, say: (line) => lines.push(line), rhythms: defaultRhythms, ...surroundings },
  );
  return { ...server, lines };
}
