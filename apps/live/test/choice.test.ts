import fc from "fast-check";
import { expect, it } from "vitest";
import { keyOf, parseChoice } from "../src/choice.js";

const parse = (query: string) => parseChoice(new URLSearchParams(query));

it("is the first dashboard in its own range where nothing is given", () => {
  expect(parse("")).toEqual({ tab: "social-media-performance", range: "1h", cities: null, platforms: null });
});

it("tells all names from none, and from some", () => {
  expect(parse("city=").cities).toEqual([]);
  expect(parse("city=Bogor&platform=").cities).toEqual(["Bogor"]);
  expect(parse("platform=X").cities).toBeNull();
});

it("asks for no names where the dashboard doesn't", () => {
  expect(parse("tab=pipeline-health&city=Bogor&platform=X")).toEqual(parse("tab=pipeline-health"));
});

it("comes out equal, whatever the order of equal names, their repetition and the blanks around them", () => {
  const names = fc.uniqueArray(fc.constantFrom("Bogor", "Depok", "insta'gram", "<script>", "É", "zebra", "A,B"), {
    minLength: 1,
  });
  fc.assert(
    fc.property(names, names, fc.infiniteStream(fc.integer({ min: -1, max: 1 })), (cities, platforms, order) => {
      const mixed = [...cities, ...cities.slice(1)].map((name) => ` ${name}\t`).toSorted(() => order.next().value ?? 0);
      const one = new URLSearchParams();
      for (const name of cities) one.append("city", name);
      for (const name of platforms) one.append("platform", name);
      const other = new URLSearchParams();
      for (const name of platforms.toReversed()) other.append("platform", name);
      for (const name of mixed) other.append("city", name);
      expect(parseChoice(other)).toEqual(parseChoice(one));
      expect(keyOf(parseChoice(other))).toBe(keyOf(parseChoice(one)));
      expect(parseChoice(one).cities).toEqual(cities.toSorted());
    }),
  );
});

it("has a key of its own for each different choice", () => {
  const choices = [
    "",
    "range=5m",
    "tab=pipeline-health",
    "city=",
    "city=a&city=b",
    "city=a,b",
    'city=a","b',
    "platform=a&platform=b",
  ];
  expect(new Set(choices.map((choice) => keyOf(parse(choice)))).size).toBe(choices.length);
});

it("takes as many names as may be chosen at once, and no more", () => {
  const names = (count: number) => Array.from({ length: count }, (_, index) => `city=${index}`).join("&");
  expect(parse(names(50)).cities).toHaveLength(50);
  expect(() => parse(names(51))).toThrow("The parameter city takes at most 50 names.");
});
