import { MalformedRequestError } from "../errors.js";

/** Goes through a frame; throws MalformedRequestError past its end. */
export class Reader {
  readonly buffer: Buffer;
  #at = 0;

  constructor(buffer: Buffer) {
    this.buffer = buffer;
  }

  get remaining(): number {
    return this.buffer.length - this.#at;
  }

  /** Passes `size` bytes; returns where they begin. */
  take(size: number): number {
    if (size < 0 || size > this.remaining) {
      throw new MalformedRequestError(`a field of ${size} bytes where ${this.remaining} are left`);
    }
    this.#at += size;
    return this.#at - size;
  }
}
