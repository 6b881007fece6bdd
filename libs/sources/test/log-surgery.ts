import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** What a test may change of a record batch in a stopped broker's log. */
export interface BatchEdit {
  baseOffset: number;
  /** Beyond the last record where compaction took the batch's end. */
  lastOffset: number;
  /** Whether its records are markers of transactions. */
  control: boolean;
  /** How its records claim to be compressed: 0 not at all, 2 by snappy. */
  codec: number;
}

/**
 * Edits the batches of a topic's only partition on disk: what a broker that has no transactions and no compaction would
 * never write. Layout: https://kafka.apache.org/documentation/#recordbatch
 */
export async function rewriteLog(
  dataDir: string,
  topic: string,
  edit: (batch: BatchEdit, index: number) => void,
): Promise<void> {
  const names = await readdir(dataDir, { recursive: true });
  const logs = names.filter((name) => name.includes(topic) && name.endsWith(".log"));
  const [name] = logs;
  if (name === undefined || logs.length !== 1)
    throw new Error(`${logs.length} log files of ${topic} in ${names.join()}`);
  const path = join(dataDir, name);
  const log = await readFile(path);
  for (let at = 0, index = 0; at < log.length; at += 12 + log.readInt32BE(at + 8), index += 1) {
    const end = at + 12 + log.readInt32BE(at + 8);
    const baseOffset = Number(log.readBigInt64BE(at));
    const batch: BatchEdit = {
      baseOffset,
      lastOffset: baseOffset + log.readInt32BE(at + 23),
      control: false,
      codec: 0,
    };
    edit(batch, index);
    log.writeBigInt64BE(BigInt(batch.baseOffset), at);
    log.writeInt32BE(batch.lastOffset - batch.baseOffset, at + 23);
    const attributes = log.readInt16BE(at + 21) | (batch.control ? 0x20 : 0) | batch.codec;
    log.writeInt16BE(attributes, at + 21);
    log.writeUInt32BE(crc32c(log.subarray(at + 21, end)), at + 17);
  }
  await writeFile(path, log);
}

function crc32c(bytes: Buffer): number {
  let crc = 0xff_ff_ff_ff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ (crc & 1 ? 0x82_f6_3b_78 : 0);
  }
  return (crc ^ 0xff_ff_ff_ff) >>> 0;
}
