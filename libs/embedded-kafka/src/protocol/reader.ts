import { MalformedRequestError } from "../errors.js";

/** Of all arrays of a request together. An item of a few bytes takes up a hundred times as much, once it is read and answered. */
const maxItems = 100_000;

/** Goes through a frame; throws MalformedRequestError past its end. */
export class Reader {
  readonly buffer: Buffer;
  #at = 0;
  #items = 0;

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

  /** To be called before the items of an array are read. */
  expectItems(count: number): void {
    this.#items += count;
    if (count < 0 || this.#items > maxItems) {
      throw new MalformedRequestError(`an array of ${count} items (a request has at most ${maxItems})`);
    }
  }
}
