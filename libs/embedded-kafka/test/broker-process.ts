import { startBroker } from "../src/index.js";

// A broker of its own process, to be killed: `node … broker-process.ts <dataDir>`.
// It prints "ready <port>", then what it logs, and ends when its parent does.
const [, , dataDir = ""] = process.argv;
const broker = await startBroker({ dataDir, log: (line) => process.stdout.write(`${line}\n`) });
process.stdout.write(`ready ${broker.port}\n`);
process.stdin.resume();
process.stdin.on("close", () => process.exit(0));
