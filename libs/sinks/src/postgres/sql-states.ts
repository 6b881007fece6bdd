/**
 * How long it makes sense to wait for an error to pass:
 * - `long`: until it has passed, however long that takes.
 * - `briefly`: it may be temporary, but nothing says so: after some minutes it counts as permanent.
 * - `never`: another try would end likewise.
 */
export type Wait = "long" | "briefly" | "never";

interface Rule {
  /** A whole SQLSTATE, or the two characters of its class. The longest one that fits decides. */
  readonly state: string;
  readonly wait: Wait;
  /** Whether the server is at work, and refuses or interrupts what was asked; otherwise it is unavailable. */
  readonly isAtWork: boolean;
  readonly reason: string;
}

const rule = (state: string, wait: Wait, isAtWork: boolean, reason: string): Rule => ({
  state,
  wait,
  isAtWork,
  reason,
});

/** Errors of a session that is open. A SQLSTATE that is not listed is permanent. */
const sessionRules: readonly Rule[] = [
  rule("08", "long", false, "The connection failed: another one may not."),
  rule("25006", "long", false, "The server is a standby or read-only since a failover: another one takes writes."),
  rule("25P02", "long", true, "An earlier statement failed, and its own error was lost: the next try shows it."),
  rule(
    "25P03",
    "long",
    true,
    "The client was silent in its transaction for too long: the network or this process was slow.",
  ),
  rule("25P04", "long", true, "The transaction took longer than transaction_timeout: the next one may be faster."),
  rule("40", "long", true, "A deadlock or a serialization failure: the server asks for another try."),
  rule(
    "53",
    "long",
    false,
    "Connections, memory or disk have run out: others may free them, and a person may add some.",
  ),
  rule("55006", "long", true, "Another session uses the object: it will end."),
  rule("55P03", "long", true, "Another session holds a lock: it will end."),
  rule("57", "long", false, "The server starts, stops, crashed, or an administrator ended the session."),
  rule("57014", "long", true, "A time limit or an administrator cancelled the statement: the next one may be faster."),
  rule("58", "long", false, "The operating system failed at input or output: storage may come back."),
  rule("58P01", "briefly", false, "A file is missing: a volume may come back, but a lost file does not."),
  rule("58P02", "briefly", false, "A file exists that should not: storage may recover, but need not."),
  rule("72000", "long", true, "The snapshot was too old: the next try takes a new one."),
  rule("XX000", "briefly", false, "An internal error, or a proxy in front of the server that has no better code."),
];

/** The longest state that fits decides. */
export const sessionWaits: Readonly<Record<string, Wait>> = Object.fromEntries(
  sessionRules.map(({ state, wait }) => [state, wait]),
);

/** Errors before a session is open, which say nothing about what was asked. A SQLSTATE that is not listed is temporary. */
const connectionRules: readonly Rule[] = [
  rule("0A000", "never", false, "The server does not support what the address or the driver demands."),
  rule("22", "never", false, "A setting in the address has a wrong value."),
  rule("28", "never", false, "The password, the certificate or pg_hba.conf refuses the role."),
  rule("3D000", "never", false, "There is no such database."),
  rule("42", "never", false, "The role lacks the right to connect, or a setting in the address does not exist."),
  rule("XX000", "briefly", false, "A proxy in front of the server that has no better code: it may name a mistake."),
  rule("XX001", "never", false, "Data is corrupted: a person has to repair it."),
  rule("XX002", "never", false, "An index is corrupted: a person has to repair it."),
];

const unlisted = {
  session: rule("", "never", true, "The server refuses what was asked."),
  connection: rule("", "long", false, "The server cannot open a session now."),
};

/** A state that means something else in one of the server's source files. */
const rulesByFile: Readonly<Record<string, Rule>> = {
  // "lost connection to parallel worker": what a query says that had some when the server was killed.
  "55000 parallel.c": rule("55000", "long", false, "The parallel workers of a query went with the server."),
  // "insufficient data left in message" and its like.
  "08P01 pqformat.c": rule("08P01", "never", true, "What was sent is wrong, and not the connection."),
  // "database is not accepting commands that assign new transaction IDs to avoid wraparound data loss"
  "54000 varsup.c": rule("54000", "long", true, "The database has run out of transaction ids, until it is vacuumed."),
};

/** The phase in which a server answered: before or after it had opened a session. */
export type Phase = "connection" | "session";

const longestFirst = (a: Rule, b: Rule) => b.state.length - a.state.length;
const rulesOf = {
  session: sessionRules.toSorted(longestFirst),
  connection: connectionRules.toSorted(longestFirst),
};

/** What to do about an error that a server reports in this phase. `file` is that of the server's source, where it names one. */
export function ruleFor(state: string, phase: Phase, file?: string): Omit<Rule, "state"> {
  return (
    rulesByFile[`${state} ${file}`] ?? rulesOf[phase].find((one) => state.startsWith(one.state)) ?? unlisted[phase]
  );
}
