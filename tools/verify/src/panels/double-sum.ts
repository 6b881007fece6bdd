/** A sum of doubles that keeps apart what rounding takes from it, so that their order and number do not matter. */
export class DoubleSum {
  #sum = 0;
  #lost = 0;

  /** A. Neumaier, Zeitschrift für angewandte Mathematik und Mechanik 54 (1974). */
  add(value: number): void {
    const sum = this.#sum + value;
    this.#lost += Math.abs(this.#sum) >= Math.abs(value) ? this.#sum - sum + value : value - sum + this.#sum;
    this.#sum = sum;
  }

  get value(): number {
    return this.#sum + this.#lost;
  }
}
