/** Runs until it is stopped, prints why, and takes a minute to end. Its arguments are the options as JSON and a stack's pid. */
import { createStopSignal, stopWithStack, type StopOptions } from "../src/stop-signal.js";

const [options = "{}", stackPid] = process.argv.slice(2);
const stop = createStopSignal(JSON.parse(options) as StopOptions);
stop.signal.addEventListener("abort", () => {
  const request = stop.request();
  process.stderr.write(`${request?.by} ${request?.exitCode}\n`);
  process.exitCode = request?.exitCode ?? 0;
  setTimeout(() => process.exit(), process.env["LINGERS"] === "yes" ? 60_000 : 0);
});
process.stdout.write("ready\n");
setInterval(() => process.stdout.write("still here\n"), 20);
void stopWithStack(stackPid === undefined ? undefined : Number(stackPid), stop, (line) =>
  process.stderr.write(`${line}\n`),
);
