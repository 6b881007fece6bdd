import { startPostgres } from "../src/index.js";

const { pid, databaseUrl } = await startPostgres({ dataDir: process.argv[2] ?? "" });
process.stdout.write(`${JSON.stringify({ pid, databaseUrl })}\n`);
