import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterEach, expect, test, vi } from "vitest";
import { z } from "zod";
import { count, defineEvent, text, time, uuid } from "@tidemark/schema";
import { compileEvent } from "../src/compile.js";
import { defineFields } from "../src/define-fields.js";
import { json, utf8 } from "./odd-values.js";

const schema = z.object({ orderNo: uuid(), shop: text({ max: 9 }), cents: count(), placedAt: time("s") });
const order = { orderNo: "352ed520-03fb-4933-9d2f-38019883650d", shop: "Corner", cents: 5, placedAt: 7 };
const { orderNo, ...rest } = order;
const spellings = {
  "as encode spells it": json(order),
  "as Python spells it": utf8(JSON.stringify(order).replaceAll(/[,:]/g, "$& ")),
  "in another order": json({ ...rest, orderNo }),
  "with capitals, spaces and -0": utf8(
    JSON.stringify({ ...order, orderNo: orderNo.toUpperCase() }).replace(":5,", ": -0 ,"),
  ),
};

afterEach(() => {
  vi.unstubAllGlobals();
});

test("every spelling gives an object of one hidden class, keys in wire order", () => {
  setFlagsFromString("--allow-natives-syntax");
  const haveSameMap = runInNewContext("(a, b) => %HaveSameMap(a, b)") as (a: unknown, b: unknown) => boolean;
  const { decode } = defineEvent(schema);
  const events = Object.values(spellings).map((bytes) => {
    const decoded = decode(bytes);
    return decoded.ok ? decoded.event : null;
  });
  expect(events.map((event) => event !== null && haveSameMap(event, events[0]))).toEqual([true, true, true, true]);
  expect(Object.keys(events[2] ?? {})).toEqual(Object.keys(order));
});

test("where new Function is forbidden, the interpreted path gives the same events and rejections", () => {
  const compiled = defineEvent(schema);
  vi.stubGlobal("Function", () => {
    throw new EvalError("Code generation from strings disallowed for this context");
  });
  expect(compileEvent(defineFields(schema, undefined, false))).toBeNull();
  const interpreted = defineEvent(schema);
  for (const bytes of [...Object.values(spellings), json({ ...order, cents: -1 }), utf8("{")]) {
    expect(interpreted.decode(bytes)).toStrictEqual(compiled.decode(bytes));
  }
  expect(interpreted.encode(order)).toEqual(compiled.encode(order));
});

test("the scanner leaves other spellings to the parser", () => {
  const { scan } = compileEvent(defineFields(schema, undefined, false)) ?? {};
  const line = JSON.stringify(order);
  const others = [
    "",
    `${line} `,
    line.slice(0, -1),
    line.replace("Corner", " Corner"),
    line.replace("Corner", "C\\u006f"),
  ];
  const numbers = ["05", "5.0", "5e0", "-0", "2147483648", ""].map((literal) => line.replace(":5,", `:${literal},`));
  const scanAll = (words: string) => scan?.(utf8(words), 0, words.length);
  for (const other of [...others, ...numbers]) expect(scanAll(other), other).toBeNull();
  expect(scanAll(line)).toStrictEqual(order);
});

test("keeps texts apart that share a slot of the scanner's memory", () => {
  const { decode, encode } = defineEvent(schema);
  for (let index = 0; index < 10_000; index += 1) {
    const event = { ...order, shop: `s${(index * 7) % 5000}` };
    expect(decode(encode(event))).toStrictEqual({ ok: true, event });
  }
});

test("nothing is taken from a prototype, and names need no escape in compiled code", () => {
  const names = ["constructor", "toString", 'a"b', "a\\b", "${x}", "\u2028", "a b", "class"];
  const odd = defineEvent(z.object(Object.fromEntries(names.map((name) => [name, count()]))));
  expect(odd.decode(utf8("{}"))).toMatchObject({ rejection: { reason: "missing-field", field: "constructor" } });
  const event = Object.fromEntries(names.map((name, index) => [name, index]));
  expect(odd.decode(odd.encode(event))).toStrictEqual({ ok: true, event });
  expect(odd.decode(json({ __proto__: event, ...event }))).toStrictEqual({ ok: true, event });
});
