import { CodecError } from "./codec-error.js";

/** Before the compressed records of a batch lie so many bytes of its header. */
export const HEADER_BYTES = 61;

/** What the batches of one answer have become, and where the last of them ended. */
interface Unpacked {
  bytes: number;
  end: number;
}

/**
 * An answer holds batches of many partitions, and kafkajs unpacks all of them before it gives one away. So their sum is bounded as
 * one batch is: what lies behind in the answer is left out, as if the answer had ended there, and comes with a later one. The first
 * batch of an answer always passes, or nothing would ever come. Beyond a quarter of the limit a partition gets no second batch, so
 * that the partitions at the answer's end get their first.
 */
export class AnswerLimit {
  // Bytes of one answer are views of one buffer. Small answers may share one; they do not become large.
  readonly #answers = new WeakMap<ArrayBufferLike, Unpacked>();

  /** Unpacks the compressed records of a batch, given how large it may become. */
  async unpack(
    records: Buffer,
    limit: number,
    decompress: (records: Buffer, limit: number) => Promise<Buffer>,
  ): Promise<Buffer> {
    const answer = this.#answers.get(records.buffer) ?? { bytes: 0, end: Number.NaN };
    this.#answers.set(records.buffer, answer);
    const isFirst = answer.bytes === 0;
    const follows = records.byteOffset - HEADER_BYTES === answer.end;
    answer.end = records.byteOffset + records.length;
    if (!isFirst && answer.bytes >= (follows ? limit / 4 : limit)) throw new LeftOut();
    try {
      const unpacked = await decompress(records, limit - answer.bytes);
      answer.bytes += unpacked.length;
      return unpacked;
    } catch (error) {
      // It may be within the limit by itself: then it passes when it is the first one.
      if (!isFirst && error instanceof CodecError && error.code === "batch-too-large") throw new LeftOut();
      throw error;
    }
  }
}

/** By this name kafkajs takes the rest of a partition's batches for cut off, and goes on with what came before. */
class LeftOut extends Error {
  override readonly name = "KafkaJSPartialMessageError";
}
