import { randomBytes } from "node:crypto";
import { EmbeddedKafkaError } from "../errors.js";
import { openStoredMap } from "./stored-map.js";

/** Of the whole data directory. */
const format = 1;

export type BrokerState = ReturnType<typeof openBrokerState>;

/** What a broker keeps of itself. Throws EmbeddedKafkaError "directory-unusable" on a directory of another format. */
export function openBrokerState(path: string) {
  const stored = openStoredMap(path, isScalar);
  const found = stored.get("format") ?? format;
  if (found !== format) {
    const message = `${path} has format ${found}, this broker writes ${format}: use another data directory.`;
    throw new EmbeddedKafkaError("directory-unusable", message);
  }
  stored.set("format", format);
  // 16 random bytes in base64url, as Kafka draws it.
  if (stored.get("clusterId") === undefined) stored.set("clusterId", randomBytes(16).toString("base64url"));
  return {
    clusterId: `${stored.get("clusterId")}`,
    /** Never the same twice on one directory. */
    nextProducerId(): number {
      const id = Number(stored.get("nextProducerId") ?? 0);
      stored.set("nextProducerId", id + 1);
      return id;
    },
  };
}

function isScalar(value: unknown): value is string | number {
  return typeof value === "string" || typeof value === "number";
}
