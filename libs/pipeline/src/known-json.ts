import type { IsEvent } from "./known-formats.js";

type Json = Readonly<Record<string, unknown>>;

const UNWRAP = "Kafka Connect's ExtractNewRecordState unwraps it, or a decoder of your own (`defineEvent`)";

/** Names what a rejected text is, where its form tells; `text` may be the start of a longer one. */
export function describeJson(text: string, isEvent: IsEvent): string | undefined {
  // Such schemas are often longer than what is kept of a value.
  if (/^\s*\{\s*"schema"\s*:\s*\{\s*"type"\s*:\s*"struct"/.test(text)) {
    return /"name"\s*:\s*"[^"]*\.Envelope"|"io\.debezium\./.test(text)
      ? `each value is a change event of Debezium with its schema: ${UNWRAP}, and schemas.enable=false leaves the schema out`
      : "each value has Kafka Connect's schema around it: set schemas.enable=false in the connector's JsonConverter";
  }
  if (/^\s*<(\?xml|[a-z!])/i.test(text)) return "the values are XML";
  const value = parse(text);
  if (value === undefined) return describeOther(text, isEvent);
  if (typeof value === "string") {
    return isObject(parse(value)) ? "each value is a JSON text within a JSON text: it was serialized twice" : undefined;
  }
  if (Array.isArray(value)) {
    const [first] = value as unknown[];
    if (!isObject(first)) return undefined;
    return `each value is an array${isEventJson(first, isEvent) ? " of events of this pipeline" : ""}: send one record for each event`;
  }
  return isObject(value) ? describeEnvelope(value, isEvent) : undefined;
}

function describeEnvelope(value: Json, isEvent: IsEvent): string | undefined {
  const change = isObject(value["payload"]) ? value["payload"] : value;
  if ("before" in change && "after" in change && typeof change["op"] === "string") {
    return `each value is a change event of Debezium, and the row is in "after": ${UNWRAP}`;
  }
  if (typeof value["specversion"] === "string" && "type" in value && "source" in value) {
    return 'each value is a CloudEvent in structured mode, and the event is in its "data": send it in binary mode, or use a decoder of your own (`defineEvent`)';
  }
  const inner = Object.entries(value).find(([, one]) => isObject(one) && isEventJson(one, isEvent));
  return inner === undefined
    ? undefined
    : `each value has an event of this pipeline in its "${inner[0]}": send that alone`;
}

function describeOther(text: string, isEvent: IsEvent): string | undefined {
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  if (lines.length > 1 && isObject(parse(lines[0] ?? "")) && isObject(parse(lines[1] ?? ""))) {
    return "each value holds several lines of JSON: send one record for each event";
  }
  const isBase64 = text.length >= 8 && /^[A-Za-z0-9+/_-]+={0,2}\s*$/.test(text);
  const decoded = isBase64 ? Buffer.from(text, "base64") : undefined;
  if (decoded !== undefined && isObject(parse(decoded.toString()))) {
    const what = isEvent(decoded) ? "an event of this pipeline" : "JSON";
    return `each value is ${what} in Base64`;
  }
  return undefined;
}

function isEventJson(value: unknown, isEvent: IsEvent): boolean {
  return isEvent(Buffer.from(JSON.stringify(value)));
}

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
