import { join } from "node:path";
import { startPostgres } from "@tidemark/embedded-postgres";
import { keepServer, type Server, type ServerOptions } from "./server.js";

export interface PostgresServer extends Server {
  /** Without a proxy between. */
  readonly databaseUrl: string;
}

export interface PostgresPlace extends ServerOptions {
  readonly directory: string;
  readonly port: number;
  /** Another installation's binaries; null: those from npm. */
  readonly binDir: string | null;
}

/** Throws EmbeddedPostgresError where it cannot be had. */
export async function createPostgresServer(place: PostgresPlace): Promise<PostgresServer> {
  const { directory, port, binDir } = place;
  const launch = () =>
    startPostgres({ dataDir: join(directory, "postgres"), port, ...(binDir !== null && { binDir }) });
  const first = await launch();
  return { databaseUrl: first.databaseUrl, ...keepServer(first, launch, place) };
}
