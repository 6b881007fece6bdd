import { startPostgres } from "../src/index.js";

const [dataDir = "", binDir] = process.argv.slice(2);
const { pid, databaseUrl } = await startPostgres({ dataDir, ...(binDir !== undefined && { binDir }) });
process.stdout.write(`${JSON.stringify({ pid, databaseUrl })}\n`);
