/**
 * Places for labels beside what they name: as near to where they belong as can be, none nearer to another than `gap`, all of
 * them from 0 to `length`. In: the wanted places, in any order. Out: the places, in the same order.
 */
export function spreadLabels(wanted: readonly number[], gap: number, length: number): number[] {
  const order = wanted.map((at, index) => ({ at, index })).toSorted((a, b) => a.at - b.at);
  /** Labels that touch, as one block whose middle is the mean of what they want. */
  let blocks: { readonly members: readonly number[]; readonly middle: number }[] = [];
  const startOf = ({ members, middle }: (typeof blocks)[number]) => {
    const height = (members.length - 1) * gap;
    return Math.max(0, Math.min(middle - height / 2, length - height));
  };
  for (const { at, index } of order) {
    let block: (typeof blocks)[number] = { members: [index], middle: at };
    for (;;) {
      const last = blocks.at(-1);
      if (last === undefined || startOf(last) + last.members.length * gap <= startOf(block)) break;
      const members = [...last.members, ...block.members];
      const middle = (last.middle * last.members.length + block.middle * block.members.length) / members.length;
      block = { members, middle };
      blocks = blocks.slice(0, -1);
    }
    blocks = [...blocks, block];
  }
  const places = wanted.map(() => 0);
  for (const block of blocks) {
    for (const [place, index] of block.members.entries()) places[index] = startOf(block) + place * gap;
  }
  return places;
}
