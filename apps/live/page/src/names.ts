/** As panels call all names that have no row or series of their own. */
const OTHER_NAME = "other";

/** The order of names: by their code units, and all others last. */
export function compareNames(a: string, b: string): number {
  const [isOther, isOtherToo] = [a === OTHER_NAME, b === OTHER_NAME];
  if (isOther !== isOtherToo) return isOther ? 1 : -1;
  return a < b ? -1 : Number(a > b);
}
