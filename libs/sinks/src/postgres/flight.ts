import type { ClientBase, Connection, Submittable } from "pg";

export interface Statement {
  /** Under this name it is parsed once for each connection; without one, each time. Always the same text. */
  readonly name?: string;
  readonly text: string;
  readonly values?: readonly (string | null)[];
  /** What a COPY FROM STDIN reads. Not to be written over before the flight has succeeded. */
  readonly copied?: readonly Uint8Array[];
}

/**
 * Sends statements at once and waits for all of them: one round trip, where a query each takes one each, and a COPY two.
 * Resolves to the command tag of each ("UPDATE 1", "COMMIT"; "" of an empty one); rows don't come back. Rejects with the
 * server's own error: then nothing behind the statement that failed was carried out.
 */
export function fly(client: ClientBase, statements: readonly Statement[]): Promise<readonly string[]> {
  return new Promise((resolve, reject) => void client.query(new Flight(statements, resolve, reject)));
}

/** Names that are parsed, by connection. */
const parsed = new WeakMap<Connection, Set<string>>();

const copyDone = Buffer.from("c\0\0\0\u0004", "latin1");

/** The extended protocol with one Sync at the end: after an error the server passes over everything up to there, COPY data too. */
class Flight implements Submittable {
  /** Set by `pg` where the address has a `query_timeout`: stops its timer. */
  callback?: (error?: Error) => void;
  readonly #statements: readonly Statement[];
  readonly #resolve: (tags: readonly string[]) => void;
  readonly #reject: (error: Error) => void;
  readonly #tags: string[] = [];

  constructor(
    statements: readonly Statement[],
    resolve: (tags: readonly string[]) => void,
    reject: (error: Error) => void,
  ) {
    this.#statements = statements;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  submit(connection: Connection): void {
    connection.stream.cork();
    try {
      for (const statement of this.#statements) send(connection, statement);
      connection.sync();
    } finally {
      connection.stream.uncork();
    }
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
    const known = parsed.get(connection) ?? new Set();
    for (const { name } of this.#statements) if (name !== undefined) known.add(name);
    parsed.set(connection, known);
    this.callback?.();
    this.#resolve(this.#tags);
  }

  // What else `pg` hands on.
  handleRowDescription(): void {}
  handleDataRow(): void {}
  handlePortalSuspended(): void {}
  handleCopyInResponse(): void {}
  handleCopyData(): void {}
}

function send(connection: Connection, { name = "", text, values = [], copied }: Statement): void {
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
