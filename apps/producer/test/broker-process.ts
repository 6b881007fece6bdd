/**
 * A broker in a process of its own, so that it can be killed. Arguments: data directory, port and, for one that kills itself,
 * a topic and the number of records in it beyond which it does. Prints its address.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { startBroker } from "@tidemark/embedded-kafka";
import { connect, countRecordsBy } from "./log-reader.js";

const [dataDir = "", port = "0", topic, limit = "0"] = process.argv.slice(2);
const broker = await startBroker({ dataDir, port: Number(port) });
process.stdout.write(`${broker.address}\n`);

// Whoever started it has gone without killing it.
process.stdin.on("end", () => process.exit(0)).resume();

if (topic !== undefined) {
  const admin = connect(broker.address).admin();
  await admin.connect();
  while ((await countRecordsBy(admin, topic)) <= Number(limit)) await sleep(5);
  process.kill(process.pid, "SIGKILL");
}
