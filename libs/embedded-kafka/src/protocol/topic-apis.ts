import { api } from "./api.js";
import * as is from "./codec.js";

const outcome = { name: is.string, error: is.int16 };
const explainedOutcome = { ...outcome, errorMessage: is.nullableString };

const wantedTopic = {
  name: is.string,
  partitions: is.int32,
  replicationFactor: is.int16,
  assignments: is.list({ partition: is.int32, brokers: is.array(is.int32) }),
  configs: is.list({ name: is.string, value: is.nullableString }),
};
export const createTopics = api(
  [19, 3],
  { topics: is.list(wantedTopic), timeoutMs: is.int32, validateOnly: is.boolean },
  { topics: is.list(explainedOutcome) },
);

export const deleteTopics = api(
  [20, 1],
  { names: is.array(is.string), timeoutMs: is.int32 },
  { topics: is.list(outcome) },
);

export const deleteRecords = api(
  [21, 1],
  { topics: is.byPartition({ index: is.int32, offset: is.int64 }), timeoutMs: is.int32 },
  { topics: is.byPartition({ index: is.int32, lowWatermark: is.int64, error: is.int16 }) },
);

const assignments = is.nullableArray(is.nullableArray(is.int32));
export const createPartitions = api(
  [37, 1],
  { topics: is.list({ name: is.string, count: is.int32, assignments }), timeoutMs: is.int32, validateOnly: is.boolean },
  { topics: is.list(explainedOutcome) },
);

const configValue = { name: is.string, value: is.nullableString };
const config = {
  ...configValue,
  readOnly: is.boolean,
  source: is.int8,
  isSensitive: is.boolean,
  synonyms: is.list({ ...configValue, source: is.int8 }),
};
const resource = { type: is.int8, name: is.string };
const fault = { error: is.int16, errorMessage: is.nullableString };
const describedResource = { ...fault, ...resource, configs: is.list(config) };
export const describeConfigs = api(
  [32, 2],
  { resources: is.list({ ...resource, configNames: is.nullableArray(is.string) }), includeSynonyms: is.boolean },
  { resources: is.list(describedResource) },
);
