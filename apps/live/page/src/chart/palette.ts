/** What a canvas needs of the stylesheet, which it can't read by itself. */
export interface Palette {
  readonly hues: readonly string[];
  readonly ink: string;
  readonly secondInk: string;
  readonly line: string;
  readonly card: string;
  readonly accent: string;
  /** Of what is still open. */
  readonly tint: string;
  /** The size of 1 rem, in px. */
  readonly rem: number;
  readonly fontFamily: string;
}

export function readPalette(): Palette {
  const style = getComputedStyle(document.documentElement);
  const colour = (name: string) => style.getPropertyValue(`--${name}`).trim();
  return {
    hues: [1, 2, 3, 4, 5].map((hue) => colour(`hue-${hue}`)),
    ink: colour("ink"),
    secondInk: colour("second-ink"),
    line: colour("line"),
    card: colour("card"),
    accent: colour("accent"),
    tint: colour("tint"),
    rem: Number.parseFloat(style.fontSize) || 16,
    fontFamily: style.fontFamily,
  };
}
