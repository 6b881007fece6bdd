/** Eight tables of 256 entries: "slicing by 8" (Kounavis and Berry, 2005), eight bytes a step. */
const tables = buildTables();

function buildTables(): Int32Array {
  const built = new Int32Array(8 * 256);
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
    built[byte] = crc;
  }
  for (let at = 256; at < built.length; at++) {
    const before = built[at - 256] ?? 0;
    built[at] = (built[before & 255] ?? 0) ^ (before >>> 8);
  }
  return built;
}

function look(table: number, byte: number): number {
  return tables[table * 256 + (byte & 255)] ?? 0;
}

/** CRC-32C (Castagnoli, RFC 3720 appendix B.4) of `buffer` from `start` to before `end`, as an unsigned integer. */
export function crc32c(buffer: Buffer, start: number, end: number): number {
  const view = new DataView(buffer.buffer, buffer.byteOffset, buffer.length);
  let crc = -1;
  let at = start;
  for (; at + 8 <= end; at += 8) {
    const low = crc ^ view.getInt32(at, true);
    const high = view.getInt32(at + 4, true);
    crc =
      look(7, low) ^
      look(6, low >>> 8) ^
      look(5, low >>> 16) ^
      look(4, low >>> 24) ^
      look(3, high) ^
      look(2, high >>> 8) ^
      look(1, high >>> 16) ^
      look(0, high >>> 24);
  }
  for (; at < end; at++) crc = look(0, crc ^ view.getUint8(at)) ^ (crc >>> 8);
  return ~crc >>> 0;
}
