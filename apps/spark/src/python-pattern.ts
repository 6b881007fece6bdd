import type { Pattern } from "@tidemark/schema";

/**
 * A piece of a pattern that means the same in JavaScript and Python's `re` with the flag ASCII: a group, an alternation, a
 * quantifier, an anchor, `\d`, an escaped sign, a class of ASCII characters that is not negated, or an ordinary ASCII character.
 */
const PIECE =
  /\(\?:|\((?!\?)|[)|]|[*+?]\??|\{\d+(?:,\d*)?\}\??|[\^$]|\\d|\\[-.[\]{}()*+?^$|\\/]|\[(?:[\w\d !#%&',./:;<=>@`~+*?(){}|$-]|\\[-\]\\d.])+\]|[\w !#%&',/:;<=>@`~"-]/y;

/** The same for texts of ASCII characters only, such as a UUID or a time, where a dot is one character in both languages. */
const ASCII_PIECE = new RegExp(`\\.|${PIECE.source}`, "y");

/** The pattern for Python's `re.search` with the flag ASCII; undefined where the two languages may not agree about it. */
export function pythonPattern({ source, flags }: Pattern, isAsciiText: boolean): string | undefined {
  if (flags !== "" && flags !== "u") return undefined;
  const piece = isAsciiText ? ASCII_PIECE : PIECE;
  let python = "";
  let at = 0;
  while (at < source.length) {
    piece.lastIndex = at;
    const [found] = piece.exec(source) ?? [];
    if (found === undefined) return undefined;
    // Python's $ also matches before a line break at the end.
    python += found === "$" ? String.raw`\Z` : found === String.raw`\/` ? "/" : found;
    at += found.length;
  }
  return python;
}
