export type WindowingErrorCode =
  | "bad-definition"
  | "bad-snapshot"
  | "bad-ledger"
  | "bad-watermark"
  | "bad-input"
  | "sum-overflow"
  | "too-many-ids"
  | "task-failed";

/** What this lib throws. Wrong events are never thrown: they are counted as `rejected`. */
export class WindowingError extends Error {
  override readonly name: string = "WindowingError";
  readonly code: WindowingErrorCode;

  constructor(code: WindowingErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** A definition or snapshot value that is refused: `field` is the path to it, as `rollups[1].sizeMs`. */
export class RefusedValueError extends WindowingError {
  override readonly name = "RefusedValueError";
  readonly field: string;
  readonly value: unknown;
  readonly allowed: string;

  constructor(code: "bad-definition" | "bad-snapshot", field: string, value: unknown, allowed: string) {
    const what = code === "bad-definition" ? "task definition" : "snapshot";
    super(code, `The ${what}'s ${field} is ${show(value)}; allowed: ${allowed}.`);
    this.field = field;
    this.value = value;
    this.allowed = allowed;
  }
}

export function refuseDefinition(field: string, value: unknown, allowed: string): RefusedValueError {
  return new RefusedValueError("bad-definition", field, value, allowed);
}

export function refuseSnapshot(field: string, value: unknown, allowed: string): RefusedValueError {
  return new RefusedValueError("bad-snapshot", field, value, allowed);
}

export function ledgerDoesNotAddUp(ledger: object): WindowingError {
  return new WindowingError(
    "bad-ledger",
    `The ledger ${JSON.stringify(ledger)} does not add up: read must be the sum of the others, all of them integers >= 0.`,
  );
}

export function sumOverflowed(
  rollup: string,
  aggregate: string,
  windowStartMs: number,
  keys: readonly string[],
): WindowingError {
  return new WindowingError(
    "sum-overflow",
    `Sum "${aggregate}" of rollup "${rollup}", window ${windowStartMs}, keys ${JSON.stringify(keys)}, left what can be ` +
      `summed: integers within ±${Number.MAX_SAFE_INTEGER}, or finite doubles. Use smaller windows or a larger unit.`,
  );
}

export function badWatermark(value: unknown): WindowingError {
  return new WindowingError(
    "bad-watermark",
    `The watermark ${show(value)} is neither an integer of ms nor an infinity.`,
  );
}

export function badInput(field: string, value: unknown, allowed: string): WindowingError {
  return new WindowingError("bad-input", `The input's ${field} is ${show(value)}; allowed: ${allowed}.`);
}

export function tooManyIds(bound: number): WindowingError {
  return new WindowingError(
    "too-many-ids",
    `More than ${bound} ids are live. Shorten watermarkDelayMs or allowedLatenessMs, spread the stream over more ` +
      "partitions, or raise maxLiveIds if there is memory for it.",
  );
}

export function taskFailed(cause: unknown): WindowingError {
  return new WindowingError(
    "task-failed",
    "This task threw in the middle of a step, so its state holds part of a batch. Drop it and restore from a snapshot.",
    { cause },
  );
}

function show(value: unknown): string {
  if (typeof value === "number" || typeof value === "bigint" || value === undefined) return String(value);
  try {
    return JSON.stringify(value) ?? typeof value;
  } catch {
    // It holds a BigInt, or itself.
    return typeof value;
  }
}
