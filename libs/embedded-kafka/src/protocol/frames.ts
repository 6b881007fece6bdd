import { MalformedRequestError } from "../errors.js";

/** The shortest request: API key, version, correlation id, a null client id. */
const minBytes = 10;

/** Cuts a stream into frames: a size as int32, then that many bytes. `maxBytes` bounds what one request can take up. */
export function createFrameReader(maxBytes: number) {
  let chunks: Buffer[] = [];
  let held = 0;
  let needed = 4;

  return {
    /** The frames that this chunk completed. Throws MalformedRequestError on a size that cannot be. */
    push(chunk: Buffer): readonly Buffer[] {
      chunks.push(chunk);
      held += chunk.length;
      if (held < needed) return [];
      let rest = chunks.length === 1 ? chunk : Buffer.concat(chunks, held);
      const frames: Buffer[] = [];
      for (needed = 4; rest.length >= 4; needed = 4) {
        const size = rest.readInt32BE(0);
        if (size < minBytes || size > maxBytes) {
          throw new MalformedRequestError(`a frame of ${size} bytes (${minBytes} to ${maxBytes} are taken)`);
        }
        needed = 4 + size;
        if (rest.length < needed) break;
        frames.push(rest.subarray(4, needed));
        rest = rest.subarray(needed);
      }
      chunks = rest.length === 0 ? [] : [rest];
      held = rest.length;
      return frames;
    },
  };
}
