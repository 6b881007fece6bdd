import { loadPipeline } from "../src/load-pipeline.js";

const [given = "", folder = ""] = process.argv.slice(2);

const answer = await loadPipeline(given, [folder]).then(
  ({ name }) => name,
  (error: unknown) => (error instanceof Error ? error.message : String(error)),
);
process.stdout.write(`${answer}\n`);
