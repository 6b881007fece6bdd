import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
/** The release whose inside is known here. */
const KNOWN_VERSION = "2.2.4";

/** Whether the kafkajs that is installed is the release whose protocol's code is known here: another one is left as it is. */
export function isKnownKafkajs(): boolean {
  const { version } = require("kafkajs/package.json") as { version: string };
  return version === KNOWN_VERSION;
}
