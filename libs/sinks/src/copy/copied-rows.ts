const HEADER_BYTES = 19; // the signature, the flags, and the length of an empty extension
const END_OF_COPY = -1;

/** One row of an encoded COPY stream. */
export interface CopiedRow {
  readonly offset: number;
  readonly bytes: Uint8Array;
}

/** Calls `visit` for each field of the row at `from` that is not null. Returns where the row ends. */
function walkRow(stream: Buffer, from: number, visit: (column: number, at: number, length: number) => void): number {
  const columns = stream.readInt16BE(from);
  let at = from + 2;
  for (let column = 0; column < columns; column += 1) {
    const length = stream.readInt32BE(at);
    at += 4;
    if (length < 0) continue;
    visit(column, at, length);
    at += length;
  }
  return at;
}

/** Splits a complete COPY stream into its rows. The column at `offsetAt` is an integer and holds the row's offset. */
export function splitRows(chunks: readonly Uint8Array[], offsetAt: number): readonly CopiedRow[] {
  const stream = Buffer.concat(chunks);
  const rows: CopiedRow[] = [];
  let at = HEADER_BYTES;
  while (stream.readInt16BE(at) !== END_OF_COPY) {
    const from = at;
    let offset = Number.NaN;
    at = walkRow(stream, from, (column, start, length) => {
      if (column === offsetAt) offset = readInteger(stream, start, length);
    });
    rows.push({ offset, bytes: stream.subarray(from, at) });
  }
  return rows;
}

/** The fields of each row of a complete COPY stream, by the number of their column; null has none. */
export function splitFields(chunks: readonly Uint8Array[]): readonly ReadonlyMap<number, Buffer>[] {
  const stream = Buffer.concat(chunks);
  const rows: ReadonlyMap<number, Buffer>[] = [];
  let at = HEADER_BYTES;
  while (stream.readInt16BE(at) !== END_OF_COPY) {
    const fields = new Map<number, Buffer>();
    at = walkRow(stream, at, (column, start, length) => {
      fields.set(column, stream.subarray(start, start + length));
    });
    rows.push(fields);
  }
  return rows;
}

function readInteger(bytes: Buffer, at: number, length: number): number {
  return length === 8 ? Number(bytes.readBigInt64BE(at)) : bytes.readIntBE(at, length);
}

const header = Buffer.from("PGCOPY\n\u00ff\r\n\0\0\0\0\0\0\0\0\0", "latin1");
const trailer = Buffer.of(0xff, 0xff);

/** A complete COPY stream of these rows. */
export function joinRows(rows: readonly CopiedRow[]): readonly Uint8Array[] {
  return [Buffer.concat([header, ...rows.map(({ bytes }) => bytes), trailer])];
}
