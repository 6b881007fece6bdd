import { getTableColumns } from "drizzle-orm";
import { escapeLiteral, type ClientBase, type Connection, type Submittable } from "pg";
import { UuidList, type ClaimedId, type ClaimedIds } from "../claimed-ids.js";
import { qualifiedName, quoteIdentifier } from "../identifiers.js";
import type { SinkTables } from "../sink-tables.js";

/**
 * The ids of the raw table's rows whose time is later than `sinceMs`. They come as one binary COPY, which is read as it arrives: of
 * all that is on its way, nothing but the list is held.
 */
export async function readIds(
  client: ClientBase,
  { raw }: SinkTables,
  topic: string,
  partition: number,
  sinceMs: number,
): Promise<ClaimedIds> {
  if (sinceMs === -Infinity || raw.time === undefined || raw.id === undefined) return [];
  const isUuid = getTableColumns(raw.table)[raw.id]?.getSQLType() === "uuid";
  const uuids = new UuidList();
  const texts: ClaimedId[] = [];
  await copyOut(
    client,
    `COPY (${idsSql(raw, { since: String(sinceMs), topic: escapeLiteral(topic), partition: String(partition) })})
     TO STDOUT (FORMAT binary)`,
    (bytes, [timeAt, idAt], [, idBytes]) => {
      const timeMs = bytes.readDoubleBE(timeAt);
      if (isUuid) uuids.add(bytes, idAt, timeMs);
      else texts.push({ id: bytes.toString("utf8", idAt, idAt + idBytes), timeMs });
    },
  );
  return uuids.length > 0 ? uuids : texts;
}

/**
 * Selects the event time (epoch ms) and the id of the rows whose time is later than `since` (epoch ms). What it looks for is SQL:
 * literals or parameters. Undefined where the table has no id.
 */
export function idsSql(
  raw: SinkTables["raw"],
  { since, topic, partition }: { readonly since: string; readonly topic: string; readonly partition: string },
): string | undefined {
  if (raw.time === undefined || raw.id === undefined) return undefined;
  const columns = getTableColumns(raw.table);
  const isUuid = columns[raw.id]?.getSQLType() === "uuid";
  const id = quoteIdentifier(columns[raw.id]?.name ?? raw.id);
  const time = quoteIdentifier(columns[raw.time]?.name ?? raw.time);
  return `SELECT floor(extract(epoch FROM ${time}) * 1000)::float8, ${id}${isUuid ? "" : "::text"} FROM ${qualifiedName(raw.table)}
       WHERE ${time} > to_timestamp(${since}::float8 / 1000) AND topic = ${topic} AND partition = ${partition}`;
}

type Pair = readonly [number, number];
/** Where the row's two fields begin in `bytes`, and how long they are. `bytes` is written over afterwards. */
type TakeRow = (bytes: Buffer, starts: Pair, lengths: Pair) => void;

function copyOut(client: ClientBase, statement: string, take: TakeRow): Promise<void> {
  return new Promise((resolve, reject) => void client.query(new CopyOut(statement, take, resolve, reject)));
}

const FIELDS = 2;
/** Signature, flags, and the length of what extends the header. */
const HEADER_BYTES = 19;

/** A COPY of rows of two fields, neither of which is null. */
class CopyOut implements Submittable {
  /** Set by `pg` where the address has a `query_timeout`: stops its timer. */
  callback?: (error?: Error) => void;
  readonly #statement: string;
  readonly #take: TakeRow;
  readonly #resolve: () => void;
  readonly #reject: (error: Error) => void;
  #failure: Error | undefined;
  /** The beginning of a row whose end has not come. */
  #rest: Buffer = Buffer.alloc(0);
  #isBehindHeader = false;

  constructor(statement: string, take: TakeRow, resolve: () => void, reject: (error: Error) => void) {
    this.#statement = statement;
    this.#take = take;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  submit(connection: Connection): void {
    connection.query(this.#statement);
  }

  handleCopyData({ chunk }: { readonly chunk: Buffer }): void {
    if (this.#failure !== undefined) return;
    try {
      const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
      this.#rest = Buffer.from(bytes.subarray(this.#readRows(bytes)));
    } catch (error) {
      this.#failure = error instanceof Error ? error : new Error(String(error));
    }
  }

  /** How many bytes were read. */
  #readRows(bytes: Buffer): number {
    let at = 0;
    if (!this.#isBehindHeader) {
      if (bytes.length < HEADER_BYTES) return 0;
      const end = HEADER_BYTES + bytes.readUInt32BE(HEADER_BYTES - 4);
      if (bytes.length < end) return 0;
      this.#isBehindHeader = true;
      at = end;
    }
    for (;;) {
      // The number of fields; -1 is the end.
      if (bytes.length < at + 2) return at;
      if (bytes.readInt16BE(at) === -1) return at + 2;
      let next = at + 2;
      const starts: number[] = [];
      const lengths: number[] = [];
      for (let field = 0; field < FIELDS; field += 1) {
        if (bytes.length < next + 4) return at;
        const length = bytes.readInt32BE(next);
        starts.push(next + 4);
        lengths.push(length);
        next += 4 + length;
      }
      if (bytes.length < next) return at;
      this.#take(bytes, starts as unknown as Pair, lengths as unknown as Pair);
      at = next;
    }
  }

  handleError(error: Error): void {
    this.callback?.(error);
    this.#reject(error);
  }

  handleReadyForQuery(): void {
    this.callback?.();
    if (this.#failure === undefined) this.#resolve();
    else this.#reject(this.#failure);
  }

  // What else `pg` hands on.
  handleCommandComplete(): void {}
  handleRowDescription(): void {}
  handleDataRow(): void {}
  handlePortalSuspended(): void {}
  handleEmptyQuery(): void {}
  handleCopyInResponse(): void {}
}
