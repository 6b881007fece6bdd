/** Arguments: a data directory. Starts a Kafka in it, and prints its address and Java's pid; it waits to be killed. */
import { startRealKafka } from "../src/index.js";

const [dataDir = ""] = process.argv.slice(2);
const kafka = await startRealKafka({ dataDir });
process.stdout.write(`${kafka.address} ${kafka.pid}\n`);
