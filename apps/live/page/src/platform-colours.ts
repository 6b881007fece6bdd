import { setAttribute } from "./element.js";

/** Of the stylesheet's five hues, the platform that each belongs to wherever it comes up. */
const owners = ["X", "Facebook", "Instagram", "Telegram", "TikTok"];

/** How a platform is drawn: a hue of the stylesheet, and how often it has been given out before, which chooses the dash. */
export interface Paint {
  /** 1 to 5: `--hue-1` and so on. */
  readonly hue: number;
  /** 0 is a solid line. */
  readonly dash: number;
}

/** Lengths of strokes and gaps, in px, by `Paint.dash`; what goes beyond is drawn like the last. */
export const dashes: readonly (readonly number[])[] = [[], [6, 3], [2, 2], [8, 2, 2, 2]];

/**
 * One paint per platform, the same everywhere and for as long as the page is open. A platform that the palette doesn't know
 * gets the hue that was given out least, and a dash where somebody else has that hue too.
 */
export class PlatformColours {
  readonly #paints = new Map<string, Paint>();

  /** Gives paints to names that have none, those of the palette first, so that it doesn't depend on their order. */
  meet(names: readonly string[]): void {
    for (const name of [...owners, ...names.toSorted()]) {
      if (this.#paints.has(name) || !names.includes(name)) continue;
      const own = owners.indexOf(name) + 1;
      const hue = own > 0 ? own : this.#leastGiven();
      this.#paints.set(name, { hue, dash: this.#given(hue) });
    }
  }

  #given(hue: number): number {
    return [...this.#paints.values()].filter((paint) => paint.hue === hue).length;
  }

  #leastGiven(): number {
    const hues = owners.map((_, at) => at + 1);
    return hues.reduce((least, hue) => (this.#given(hue) < this.#given(least) ? hue : least));
  }

  of(name: string): Paint {
    const known = this.#paints.get(name);
    if (known !== undefined) return known;
    this.meet([name]);
    return this.of(name);
  }

  /** Marks an element, for the stylesheet. */
  paint(element: Element, name: string): void {
    const { hue, dash } = this.of(name);
    setAttribute(element, "data-hue", String(hue));
    setAttribute(element, "data-dash", dash === 0 ? undefined : String(Math.min(dash, dashes.length - 1)));
  }
}
