/** Runs the orders pipeline until it is killed, and tells its parent of each commit. */
import { runPipeline } from "../src/index.js";
import { orders } from "./orders.js";

const [broker = "", databaseUrl = "", topic = ""] = process.argv.slice(2);

runPipeline(orders, {
  brokers: [broker],
  databaseUrl,
  topic,
  // A killed process is replaced at once.
  sessionTimeoutMs: 1_000,
  checkpoints: { maxRecords: 50, lingerMs: 5 },
  onEvent: ({ type }) => {
    if (type === "committed") process.send?.("committed");
  },
});
