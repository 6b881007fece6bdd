export type RealKafkaErrorCode =
  | "no-java"
  | "java-too-old"
  | "no-maven"
  | "no-network"
  | "download-failed"
  | "unusable-directory"
  | "in-use"
  | "port-in-use"
  | "disk-full"
  | "start-failed"
  | "stopped";

/** Kafka could not be started. `code` says which case it is, the message what to do. */
export class RealKafkaError extends Error {
  override readonly name = "RealKafkaError";
  readonly code: RealKafkaErrorCode;

  constructor(code: RealKafkaErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** What it means that Maven failed, from what it printed. */
export function explainMaven(output: string, cause: unknown): RealKafkaError {
  if (/No space left on device|Disk quota exceeded/.test(output)) {
    return new RealKafkaError("disk-full", "The disk is full: free some 150 MB for Kafka's jars, then try again.", {
      cause,
    });
  }
  const [unreachable] =
    /Unknown host [^\s:]+|[^\s:]+: (Temporary failure in )?[Nn]ame (resolution|or service not known)|Connection (refused|reset|timed out)|[Cc]onnect(ion)? time(d )?out|Network is unreachable|No route to host/.exec(
      output,
    ) ?? [];
  if (unreachable !== undefined) {
    return new RealKafkaError(
      "no-network",
      `Maven Central cannot be reached (${unreachable}): Kafka's jars are downloaded once, so connect to the network, or copy a filled cache folder from another machine.`,
      { cause },
    );
  }
  const [, said = String(cause)] = /^\[(?:ERROR|FATAL)\] (.+)$/m.exec(output) ?? [];
  return new RealKafkaError("download-failed", `Maven could not get Kafka's jars: ${said}`, { cause });
}

/** What it means that Kafka ended before it was ready, from what it printed. */
export function explainStart(dataDir: string, lines: readonly string[], logFile: string): RealKafkaError {
  const said = lines.join("\n");
  if (/No space left on device|Disk quota exceeded/.test(said)) {
    return new RealKafkaError("disk-full", `The disk of ${dataDir} is full: free some space and start again.`);
  }
  if (said.includes("Address already in use")) {
    const [address = "a port"] = /(?<=failed to bind to )\S+:\d+/.exec(said) ?? [];
    return new RealKafkaError("port-in-use", `${address} is taken: give another port, or none for any.`);
  }
  if (said.includes("Failed to acquire lock")) {
    return new RealKafkaError(
      "in-use",
      `${dataDir} is used by another Kafka: stop that one, or give another directory.`,
    );
  }
  const reason =
    lines.find((line) => /^(ERROR|FATAL|Error|Exception)\b/.test(line)) ?? lines.at(-1) ?? "it said nothing";
  return new RealKafkaError("start-failed", `Kafka did not start in ${dataDir}: ${reason}. More is in ${logFile}.`);
}
