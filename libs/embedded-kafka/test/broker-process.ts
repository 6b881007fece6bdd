import { startBroker } from "../src/index.js";

// A broker in a process of its own: `node … broker-process.ts <dataDir>`. It prints what it logs and "ready <port>".
// It closes when its standard input does, also because its parent died, and ends once nothing is left to do.
const [, , dataDir = ""] = process.argv;
const broker = await startBroker({ dataDir, log: (line) => process.stdout.write(`${line}\n`) });
process.stdout.write(`ready ${broker.port}\n`);
process.stdin.on("close", () => void broker.close());
process.stdin.resume();
