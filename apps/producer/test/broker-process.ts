/** A broker in a process of its own, so that it can be killed. Arguments: data directory, port. Prints its address. */
import { startBroker } from "@tidemark/embedded-kafka";

const [dataDir = "", port = "0"] = process.argv.slice(2);
const broker = await startBroker({ dataDir, port: Number(port) });
process.stdout.write(`${broker.address}\n`);

// Whoever started it has gone without killing it.
process.stdin.on("end", () => process.exit(0)).resume();
