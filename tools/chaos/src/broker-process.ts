/** Arguments: a data directory, the port, the port that clients are told. Says `ready`; it waits to be killed. */
import { startBroker } from "@tidemark/embedded-kafka";

const [dataDir = "", port, advertisedPort] = process.argv.slice(2);
const log = (line: string): void => void process.stderr.write(`${line}\n`);
await startBroker({ dataDir, port: Number(port), advertisedPort: Number(advertisedPort), log });
process.stdout.write("ready\n");
