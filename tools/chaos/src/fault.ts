/** What can happen to whom. In COPY: while Postgres reports that this consumer is in the middle of one. */
export const faultKinds = [
  "kill consumer",
  "kill consumer in COPY",
  "kill Postgres",
  "kill Kafka",
  "stop consumer",
  "stop consumer in COPY",
  "stop Postgres",
  "stop Kafka",
  "leave",
  "wrong clock",
  "cut Postgres",
  "stall Postgres",
  "cut Kafka",
  "stall Kafka",
  "replace Postgres",
] as const;

export type FaultKind = (typeof faultKinds)[number];

export interface Fault {
  readonly kind: FaultKind;
  /** Since the beginning of the faults, in ms. Those in COPY wait for one, up to `copyPatienceMs`. */
  readonly atMs: number;
  /** From 1 on; null where the whole server is hit. */
  readonly consumer: number | null;
  /** How long until it is mended: started again, continued, let through. 0 for what mends itself. */
  readonly forMs: number;
  /** Of a wrong clock; 0 for the others. */
  readonly clockHours: number;
}

export const copyPatienceMs = 3_000;

export const isKill = (kind: FaultKind): boolean => kind.startsWith("kill ");

export const isOfServer = (kind: FaultKind): boolean =>
  kind.endsWith(" Kafka") || kind === "kill Postgres" || kind === "stop Postgres" || kind === "replace Postgres";

/** Whom it hits: `consumer 2`, `Kafka`. One fault at a time hits a target. */
export const targetOf = ({ kind, consumer }: Pick<Fault, "kind" | "consumer">): string =>
  consumer === null ? (kind.split(" ")[1] ?? "") : `consumer ${consumer}`;

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;
const again = ({ forMs }: Fault): string => `started again after ${seconds(forMs)}`;

const sentences: Readonly<Record<FaultKind, (fault: Fault) => string>> = {
  "kill consumer": (fault) => `SIGKILL consumer ${fault.consumer}, ${again(fault)}`,
  "kill consumer in COPY": (fault) => `SIGKILL consumer ${fault.consumer} in the middle of a COPY, ${again(fault)}`,
  "kill Postgres": (fault) => `SIGKILL the postmaster, ${again(fault)}`,
  "kill Kafka": (fault) => `SIGKILL the broker, ${again(fault)}`,
  "stop consumer": ({ consumer, forMs }) => `SIGSTOP consumer ${consumer} for ${seconds(forMs)}`,
  "stop consumer in COPY": ({ consumer, forMs }) =>
    `SIGSTOP consumer ${consumer} in the middle of a COPY for ${seconds(forMs)}`,
  "stop Postgres": ({ forMs }) => `SIGSTOP the postmaster for ${seconds(forMs)}`,
  "stop Kafka": ({ forMs }) => `SIGSTOP the broker for ${seconds(forMs)}`,
  leave: ({ consumer, forMs }) => `SIGTERM consumer ${consumer}, which joins again after ${seconds(forMs)}`,
  "wrong clock": ({ consumer, clockHours }) =>
    `SIGTERM consumer ${consumer}, which joins again with a clock ${Math.abs(clockHours)} h ${clockHours < 0 ? "slow" : "fast"}`,
  "cut Postgres": ({ consumer }) => `cut the connections of consumer ${consumer} to Postgres`,
  "stall Postgres": ({ consumer, forMs }) =>
    `stall the connections of consumer ${consumer} to Postgres for ${seconds(forMs)}`,
  "cut Kafka": () => "cut all connections to Kafka",
  "replace Postgres": () => "SIGKILL the postmaster, whose standby takes its place",
  "stall Kafka": ({ forMs }) => `stall all connections to Kafka for ${seconds(forMs)}`,
};

/** `SIGKILL consumer 2 in the middle of a COPY, started again after 1.4 s`. */
export const describeFault = (fault: Fault): string => sentences[fault.kind](fault);
