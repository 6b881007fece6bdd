/** A V8 Map throws at its 2^24th entry, and counts deleted ones until it is copied. */
const MOST_ENTRIES = 2 ** 24 - 1;

/** A set of strings with an expiry each. */
export class TextTable {
  #expiryOf = new Map<string, number>();
  #deleted = 0;

  get size(): number {
    return this.#expiryOf.size;
  }

  has(text: string, watermarkMs: number): boolean {
    const expiresMs = this.#expiryOf.get(text);
    return expiresMs !== undefined && expiresMs > watermarkMs;
  }

  /** Adds a text that expires when the watermark reaches `expiresMs`. Returns false where it is in already, and live. */
  add(text: string, expiresMs: number, watermarkMs: number): boolean {
    if (this.has(text, watermarkMs)) return false;
    if (this.#expiryOf.size + this.#deleted >= MOST_ENTRIES) {
      this.#expiryOf = new Map(this.#expiryOf);
      this.#deleted = 0;
    }
    this.#expiryOf.set(text, expiresMs);
    return true;
  }

  /** Forgets those of the texts that are expired: one may have been added again since. */
  drop(texts: readonly string[], watermarkMs: number): void {
    for (const text of texts) {
      if (!this.has(text, watermarkMs) && this.#expiryOf.delete(text)) this.#deleted++;
    }
  }

  *live(watermarkMs: number): Generator<{ id: string; expiresMs: number }> {
    for (const [id, expiresMs] of this.#expiryOf) if (expiresMs > watermarkMs) yield { id, expiresMs };
  }
}
