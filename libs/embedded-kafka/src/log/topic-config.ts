export type ConfigOverrides = Readonly<Record<string, string>>;

type Setting = ReturnType<typeof integer>;

function integer(byDefault: string, min: bigint, max: bigint) {
  const accepts = (value: string): boolean =>
    /^-?\d{1,19}$/.test(value) && BigInt(value) >= min && BigInt(value) <= max;
  return { byDefault, takes: `an integer from ${min} to ${max}`, accepts };
}

function oneOf(byDefault: string, ...others: readonly string[]): Setting {
  const values = [byDefault, ...others];
  return { byDefault, takes: values.join(" or "), accepts: (value) => values.includes(value) };
}

const maxInt32 = 2n ** 31n - 1n;
const maxInt64 = 2n ** 63n - 1n;

/** Kafka's defaults, but for segment.bytes: smaller, so that retention can let go of more. */
const settings: Readonly<Record<string, Setting>> = {
  "cleanup.policy": oneOf("delete"),
  "compression.type": oneOf("producer"),
  "max.message.bytes": integer("1048588", 0n, maxInt32),
  "message.timestamp.after.max.ms": integer("3600000", 0n, maxInt64),
  "message.timestamp.type": oneOf("CreateTime", "LogAppendTime"),
  "min.insync.replicas": oneOf("1"),
  "retention.bytes": integer("-1", -1n, maxInt64),
  "retention.ms": integer("604800000", -1n, maxInt64),
  "segment.bytes": integer("67108864", 1024n, maxInt32),
};

/** What is wrong with these overrides, or null. */
export function findConfigFault(overrides: ConfigOverrides): string | null {
  for (const [name, value] of Object.entries(overrides)) {
    const setting = Object.hasOwn(settings, name) ? settings[name] : undefined;
    if (setting === undefined) return `There is no topic setting ${name}, only ${Object.keys(settings).join(", ")}.`;
    if (!setting.accepts(value)) return `${name} takes ${setting.takes}, not ${JSON.stringify(value)}.`;
  }
  return null;
}

export function listSettings(overrides: ConfigOverrides) {
  return Object.entries(settings).map(([name, { byDefault }]) => {
    return { name, value: overrides[name] ?? byDefault, isOverride: overrides[name] !== undefined };
  });
}

export type TopicConfig = ReturnType<typeof resolveConfig>;

/** What overrides without a fault mean to a partition. Times in ms; -1 is "no limit". */
export function resolveConfig(overrides: ConfigOverrides) {
  const valueOf = (name: string): string => overrides[name] ?? settings[name]?.byDefault ?? "";
  return {
    retentionMs: Number(valueOf("retention.ms")),
    retentionBytes: Number(valueOf("retention.bytes")),
    segmentBytes: Number(valueOf("segment.bytes")),
    maxMessageBytes: Number(valueOf("max.message.bytes")),
    usesAppendTime: valueOf("message.timestamp.type") === "LogAppendTime",
    timestampAfterMaxMs: Number(valueOf("message.timestamp.after.max.ms")),
  };
}
