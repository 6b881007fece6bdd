const HEADER_BYTES = 19; // the signature, the flags, and the length of an empty extension
const END_OF_COPY = -1;

/** One row of an encoded COPY stream. */
export interface CopiedRow {
  readonly offset: number;
  readonly bytes: Uint8Array;
}

/** Splits a complete COPY stream into its rows. The column at `offsetAt` is an integer and holds the row's offset. */
export function splitRows(chunks: readonly Uint8Array[], offsetAt: number): readonly CopiedRow[] {
  const stream = Buffer.concat(chunks);
  const rows: CopiedRow[] = [];
  let at = HEADER_BYTES;
  for (let columns = stream.readInt16BE(at); columns !== END_OF_COPY; columns = stream.readInt16BE(at)) {
    const from = at;
    let offset = Number.NaN;
    at += 2;
    for (let column = 0; column < columns; column += 1) {
      const length = stream.readInt32BE(at);
      at += 4;
      if (length < 0) continue;
      if (column === offsetAt) offset = readInteger(stream, at, length);
      at += length;
    }
    rows.push({ offset, bytes: stream.subarray(from, at) });
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
