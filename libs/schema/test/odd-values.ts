import * as fc from "fast-check";
import { MAX_COUNT, MAX_EPOCH_SECONDS } from "@tidemark/schema";

/** The bytes of a text, or of a value as JSON. */
export function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

export function json(value: unknown): Uint8Array {
  return utf8(JSON.stringify(value));
}

const spaces = ["", " ", "\t\n", "\u00a0", "\u2003", "\u3000", "\ufeff", "\u2028"];
const almostSpaces = ["\u200b", "\u0085", "\u180e", "\u2060", "\u001c"];
const trouble = ["\0", "\ud83d", "\udca9", "\ud83d\udca9", "\udca9\ud83d"];
const lengths = [0, 1, 49, 50, 98, 99, 100, 101];

/** Text at the edges of what a name may be: spaces of all kinds around it, lengths about the limit, broken pairs. */
const oddName: fc.Arbitrary<string> = fc
  .tuple(
    fc.constantFrom(...spaces, ...almostSpaces),
    fc.constantFrom("", ...trouble),
    fc.constantFrom("a", "\u00e9", "\ud83d\udca9"),
    fc.constantFrom(...lengths),
    fc.constantFrom("", ...trouble),
    fc.constantFrom(...spaces, ...almostSpaces),
  )
  .map(([before, first, letter, length, last, after]) => before + first + letter.repeat(length) + last + after);

const numbers = [
  0,
  -0,
  1,
  -1,
  0.5,
  1e3,
  1e21,
  1e308,
  Infinity,
  -Infinity,
  5e-324,
  1706981205000,
  1706981205000.5,
].concat(
  [MAX_COUNT, MAX_COUNT + 1, MAX_COUNT + 0.5, MAX_EPOCH_SECONDS, MAX_EPOCH_SECONDS + 1, MAX_EPOCH_SECONDS - 0.5],
  [Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER + 1, -Number.MAX_SAFE_INTEGER],
);

/** Numbers at the edges of the bounds, and beyond them. */
const oddNumber: fc.Arbitrary<number> = fc.constantFrom(...numbers);

const ID = "352ed520-03fb-4933-9d2f-38019883650d";
const ids = ["", ID.toUpperCase(), ` ${ID}`, `${ID}\n`, `{${ID}}`].concat(
  ["00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff"],
  [ID.replaceAll("-", ""), ID.replace("3", "g"), ID.replace("3", "\uff13")],
);

/** Text that is almost a UUID. */
const oddId: fc.Arbitrary<string> = fc.constantFrom(...ids);

/** Anything that JSON.parse can give in the place of a field. */
export const oddValue: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 3, arbitrary: oddNumber },
  { weight: 3, arbitrary: oddName },
  { weight: 1, arbitrary: oddId },
  { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 2 }) },
);

/** The text of a UUID's four words. */
export function uuidText(words: Int32Array): string {
  const hex = Buffer.from(words.slice().buffer).swap32().toString("hex");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}
