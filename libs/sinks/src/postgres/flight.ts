import type { Client, ClientBase, Connection, Submittable } from "pg";

export interface Statement {
  /**
   * Under this name it is parsed once for each session, where the session is known to be the connection's own;
   * otherwise, and without a name, each time. Always the same text.
   */
  readonly name?: string;
  readonly text: string;
  /** A Buffer is in Postgres's binary form. */
  readonly values?: readonly (string | Buffer | null)[];
  /** What a COPY FROM STDIN reads. Not to be written over before the flight has succeeded. */
  readonly copied?: readonly Uint8Array[];
  /** The first column of its row is the process id of the server's process. */
  readonly givesProcessId?: true;
}

/**
 * Sends statements at once and waits for all of them: one round trip, where a query each takes one each, and a COPY two.
 * Resolves to the command tag of each ("UPDATE 1", "COMMIT"; "" of an empty one); rows don't come back. Rejects with the
 * server's own error: then nothing behind the statement that failed was carried out.
 */
export function fly(client: ClientBase, statements: readonly Statement[]): Promise<readonly string[]> {
  return new Promise((resolve, reject) => void client.query(new Flight(client, statements, resolve, reject)));
}

/** Names that are parsed, by connection. */
const parsed = new WeakMap<Connection, Set<string>>();

/** Process ids that the server's processes have given, by connection: that of the transaction under way. */
const processIds = new WeakMap<Connection, number>();

/** Connections that are a session of the server itself: a pooler gives each client a process id that is none of the server's. */
const direct = new WeakSet<Connection>();

/**
 * The server's process that runs the transaction that is under way on the client, or ran the last one. Undefined before the
 * first one. It may have served others since, where a pooler stands between.
 */
export function processIdOf(client: ClientBase): number | undefined {
  return processIds.get((client as Client).connection);
}

/** The process id that the server, or a pooler in its place, gave when the connection began. pg's types leave it out. */
function givenProcessId(client: ClientBase): unknown {
  return "processID" in client ? client.processID : undefined;
}

const copyDone = Buffer.from("c\0\0\0\u0004", "latin1");

/** The extended protocol with one Sync at the end: after an error the server passes over everything up to there, COPY data too. */
class Flight implements Submittable {
  /** Set by `pg` where the address has a `query_timeout`: stops its timer. */
  callback?: (error?: Error) => void;
  readonly #client: ClientBase;
  readonly #statements: readonly Statement[];
  readonly #resolve: (tags: readonly string[]) => void;
  readonly #reject: (error: Error) => void;
  readonly #tags: string[] = [];
  #wasDirect = false;
  #processId: number | undefined;

  constructor(
    client: ClientBase,
    statements: readonly Statement[],
    resolve: (tags: readonly string[]) => void,
    reject: (error: Error) => void,
  ) {
    this.#client = client;
    this.#statements = statements;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  submit(connection: Connection): void {
    this.#wasDirect = direct.has(connection);
    connection.stream.cork();
    try {
      for (const statement of this.#statements) send(connection, statement, this.#wasDirect);
      connection.sync();
    } finally {
      connection.stream.uncork();
    }
  }

  handleDataRow({ fields }: { readonly fields: readonly unknown[] }): void {
    if (this.#statements[this.#tags.length]?.givesProcessId === true) this.#processId = Number(fields[0]);
  }

  handleCommandComplete({ text }: { readonly text: string }): void {
    this.#tags.push(text);
  }

  handleEmptyQuery(): void {
    this.#tags.push("");
  }

  handleError(error: Error): void {
    this.callback?.(error);
    this.#reject(error);
  }

  handleReadyForQuery(connection: Connection): void {
    if (this.#wasDirect) {
      const known = parsed.get(connection) ?? new Set();
      for (const { name } of this.#statements) if (name !== undefined) known.add(name);
      parsed.set(connection, known);
    }
    if (this.#processId !== undefined) {
      processIds.set(connection, this.#processId);
      if (this.#processId === givenProcessId(this.#client)) direct.add(connection);
    }
    this.callback?.();
    this.#resolve(this.#tags);
  }

  // What else `pg` hands on.
  handleRowDescription(): void {}
  handlePortalSuspended(): void {}
  handleCopyInResponse(): void {}
  handleCopyData(): void {}
}

function send(connection: Connection, statement: Statement, isDirect: boolean): void {
  const { text, values = [], copied } = statement;
  const name = isDirect ? (statement.name ?? "") : "";
  if (name === "" || parsed.get(connection)?.has(name) !== true) {
    // A flight that failed may have left it parsed.
    if (name !== "") connection.close({ type: "S", name }, true);
    connection.parse({ name, text, types: [] }, true);
  }
  connection.bind({ statement: name, values: [...values] }, true);
  connection.execute(null, true);
  if (copied === undefined) return;
  for (const bytes of copied) {
    connection.stream.write(copyHeader(bytes.length));
    connection.stream.write(bytes);
  }
  connection.stream.write(copyDone);
}

/** Of a CopyData message; its length counts itself. */
function copyHeader(bytes: number): Buffer {
  const header = Buffer.from("d\0\0\0\0", "latin1");
  header.writeUInt32BE(bytes + 4, 1);
  return header;
}
