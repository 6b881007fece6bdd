/** What a failed call to Kafka means for the events in it. */
export interface KafkaFailure {
  /**
   * - `passing`: Kafka is away or busy; the same call may succeed later
   * - `stored`: the broker already has just these events, from a try whose answer was lost
   * - `refused`: it will never take them
   */
  readonly kind: "passing" | "stored" | "refused";
  /** For people, without a full stop. */
  readonly reason: string;
}

interface ErrorLike {
  readonly name?: unknown;
  readonly message?: unknown;
  readonly type?: unknown;
  readonly retriable?: unknown;
  readonly cause?: unknown;
  readonly errors?: unknown;
}

/** Judges what kafkajs threw, which is often wrapped in others. What is not known to be final is taken to pass. */
export function judgeFailure(error: unknown): KafkaFailure {
  const root = rootOf(error);
  const message = typeof root.message === "string" && root.message !== "" ? root.message : String(root.name);
  const reason = message.replace(/^Connection error: /, "").replace(/\.$/, "");
  if (root.type === "DUPLICATE_SEQUENCE_NUMBER") return { kind: "stored", reason };
  const final =
    (typeof root.type === "string" && root.retriable === false) || root.name === "KafkaJSServerDoesNotSupportApiKey";
  return { kind: final ? "refused" : "passing", reason };
}

function rootOf(error: unknown): ErrorLike {
  let root: unknown = error;
  for (let depth = 0; depth < 10 && isErrorLike(root); depth++) {
    const inner: unknown = Array.isArray(root.errors) ? root.errors[0] : root.cause;
    if (!isErrorLike(inner)) return root;
    root = inner;
  }
  return isErrorLike(root) ? root : { message: String(root) };
}

function isErrorLike(value: unknown): value is ErrorLike {
  return typeof value === "object" && value !== null;
}
