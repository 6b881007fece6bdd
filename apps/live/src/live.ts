import { performance } from "node:perf_hooks";
import { fileURLToPath } from "node:url";
import { createApp } from "./app.js";
import { createBroadcast, type Limits } from "./broadcast.js";
import { createDatabase, isHopeless } from "./database.js";
import type { LiveOptions } from "./options.js";
import { createPageFile, readPageFiles } from "./page-files.js";
import { startServer, type LiveServer } from "./server.js";
import { showDashboards } from "./shown-dashboards.js";
import type { Rhythms } from "./watch.js";

export interface LiveSurroundings {
  readonly databaseUrl: string;
  readonly say: (line: string) => void;
  readonly limits?: Partial<Limits>;
  readonly rhythms?: Rhythms;
  /** Where the page was built to. */
  readonly pageDirectory?: string;
}

export interface RunningLive extends LiveServer {
  /** Resolves where Postgres refuses to be asked and no waiting helps; never otherwise. */
  readonly failed: Promise<Error>;
}

/** Where the page's build writes to, seen from here and from what this file is compiled to. */
const builtPage = fileURLToPath(new URL("../dist/page/", import.meta.url));

/** Serves the page and its stream. Postgres need not be there yet. Throws LiveError `CANNOT_LISTEN`, SinkError `invalid-address`. */
export async function startLive(
  options: LiveOptions,
  { databaseUrl, say, limits, rhythms, pageDirectory = builtPage }: LiveSurroundings,
): Promise<RunningLive> {
  const database = createDatabase(databaseUrl, options.topic);
  let fail: ((error: Error) => void) | undefined;
  const failed = new Promise<Error>((resolve) => {
    fail = resolve;
  });
  const onHopeless = (error: Error): void => fail?.(error);
  const broadcast = createBroadcast({ database, now: () => performance.now(), log: say, onHopeless, limits, rhythms });
  const page = await readPageFiles(pageDirectory);
  if (page.size === 0) say("the page is not built: nx run live:build");
  const dashboards = await createPageFile(encode(showDashboards(options.topic)), "application/json");
  const files = new Map([...page, ["/api/dashboards", dashboards]]);
  const app = createApp({ broadcast, files, host: options.host, log: say });
  const server = await startServer(app, options, say);
  // What no waiting helps is told before anybody looks.
  const asking = database.readState().catch((error: unknown) => {
    if (isHopeless(error)) onHopeless(error);
  });
  return {
    url: server.url,
    failed,
    async close() {
      await server.close();
      // What Postgres is being asked is not waited for.
      await Promise.all([broadcast.close(), database.close()]);
      await asking;
    },
  };
}

const encode = (value: object) => new TextEncoder().encode(JSON.stringify(value));
