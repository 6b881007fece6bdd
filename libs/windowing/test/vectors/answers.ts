import type { Fields } from "./case.js";

/** The lib answers something else than a case says. Anything else that is thrown is a fault of an adapter or of the lib. */
export class Mismatch extends Error {
  override readonly name = "Mismatch";
}

/** A list whose order counts. Plain arrays are compared as if they had none. */
export class InOrder {
  readonly items: readonly unknown[];

  constructor(items: readonly unknown[]) {
    this.items = items;
  }
}

export function inOrder(items: readonly unknown[]): InOrder {
  return new InOrder(items);
}

/**
 * Compares what is expected with answers, key by key. An expected key without an answer is an error: nothing that a case says
 * is left out. Where rows are expected, each stands for an answer that has at least its fields.
 */
export class Comparison {
  /** How many expectations have been compared. */
  compared = 0;

  expect(where: string, expected: Fields | undefined, answers: Fields): void {
    for (const [key, value] of Object.entries(expected ?? {})) {
      if (!(key in answers)) throw new Error(`${where}: no answer for "${key}"`);
      this.compared++;
      if (matches(value, answers[key])) continue;
      throw new Mismatch(`${where}: ${key} should be ${show(value)}, and is ${show(answers[key])}`);
    }
  }
}

export function matches(expected: unknown, answer: unknown): boolean {
  if (expected instanceof InOrder) return answer instanceof InOrder && matches(expected.items, answer);
  if (Array.isArray(expected)) {
    if (answer instanceof InOrder) {
      return expected.length === answer.items.length && expected.every((item, at) => matches(item, answer.items[at]));
    }
    return Array.isArray(answer) && matchInAnyOrder(expected, answer);
  }
  if (isObject(expected)) {
    return (
      isObject(answer) && Object.entries(expected).every(([key, value]) => key in answer && matches(value, answer[key]))
    );
  }
  if (typeof expected === "number" && typeof answer === "number") return areEqual(expected, answer);
  return expected === answer;
}

function matchInAnyOrder(expected: readonly unknown[], answers: readonly unknown[]): boolean {
  if (expected.length !== answers.length) return false;
  const left = [...answers];
  return expected.every((item) => {
    const at = left.findIndex((answer) => matches(item, answer));
    if (at >= 0) left.splice(at, 1);
    return at >= 0;
  });
}

/** Integers exactly; what was divided to 1e-12. */
function areEqual(a: number, b: number): boolean {
  if (a === b) return true;
  if (Number.isInteger(a) && Number.isInteger(b)) return false;
  return Math.abs(a - b) <= 1e-12 * Math.max(Math.abs(a), Math.abs(b));
}

function isObject(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof InOrder);
}

function show(value: unknown): string {
  return JSON.stringify(value instanceof InOrder ? value.items : value);
}
