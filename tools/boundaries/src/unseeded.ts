/** Generators of third-party packages that draw a random seed unless they are given one. */
import ts from "typescript";
import { visitValues, type BoundFile } from "./bound-file.js";
import type { Finding } from "./finding.js";
import { lineOf } from "./imports.js";
import type { SeededCall } from "./rules.js";

/** Calls of functions imported from a package whose default is a random seed. */
export function findUnseeded(file: BoundFile, calls: readonly SeededCall[]): Finding[] {
  const findings: Finding[] = [];
  visitValues(file.source, (node) => {
    if (!ts.isCallExpression(node) && !ts.isNewExpression(node)) return;
    const { expression } = node;
    const call = calls.find(({ callee }) => ts.isIdentifier(expression) && expression.text === callee);
    if (call === undefined || isSeeded(node.arguments?.[0], call)) return;
    const what = call.keys === undefined ? "a seed" : `an object literal with ${call.keys.join(" or ")}`;
    const message = `${call.callee} draws a random seed by itself: give it ${what}`;
    findings.push({ rule: "unseeded", file: file.source.fileName, line: lineOf(file.source, node), message });
  });
  return findings;
}

function isSeeded(argument: ts.Expression | undefined, { keys }: SeededCall): boolean {
  if (argument === undefined || keys === undefined) return argument !== undefined;
  if (!ts.isObjectLiteralExpression(argument)) return false;
  return argument.properties.some(
    ({ name }) => name !== undefined && (ts.isIdentifier(name) || ts.isStringLiteral(name)) && keys.includes(name.text),
  );
}
