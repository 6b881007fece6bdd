/** Uses of clocks, environment, global randomness and the like in one file. Names that the file itself declares are free. */
import ts from "typescript";
import { isReference, visitValues, type BoundFile } from "./bound-file.js";
import type { Finding } from "./finding.js";
import { lineOf } from "./imports.js";
import { impureGlobals, impureMethods, type GlobalRule } from "./rules.js";

const ruleOf: ReadonlyMap<string, GlobalRule> = new Map(impureGlobals.map((rule) => [rule.name, rule]));

export function findImpureGlobals(file: BoundFile): Finding[] {
  const findings: Finding[] = [];
  const report = (rule: Finding["rule"], node: ts.Node, message: string): void => {
    findings.push({ rule, file: file.source.fileName, line: lineOf(file.source, node), message });
  };
  visitValues(file.source, (node) => {
    if (ts.isMetaProperty(node) && node.keywordToken === ts.SyntaxKind.ImportKeyword) {
      report("impure-global", node, "import.meta tells where the code runs: take what you need as an argument");
    }
    const method = readImpureMethod(node);
    if (method !== undefined) report("impure-method", node, method);
    if (!ts.isIdentifier(node) || !isReference(node)) return;
    if (ruleOf.get(node.text)?.freeIn === file.source.fileName) return;
    const message = judgeGlobal(node.text, node);
    if (message !== undefined && !file.isDeclared(node)) report("impure-global", node, message);
  });
  return findings;
}

function judgeGlobal(name: string, node: ts.Node): string | undefined {
  if (name === "globalThis") return judgeGlobalThis(node);
  const rule = ruleOf.get(name);
  if (rule === undefined) return undefined;
  if (name === "Date") return judgeDate(node, rule);
  const member = readMember(node);
  if (rule.forbidden !== undefined) {
    if (member === undefined)
      return `${name} is passed on or read by a computed key, which can't be checked; ${rule.advice}`;
    return rule.forbidden.includes(member) ? `${name}.${member}: ${rule.advice}` : undefined;
  }
  return `${name}${member === undefined ? "" : `.${member}`}: ${rule.advice}`;
}

/** `globalThis.x` is judged as `x`; anything else done with `globalThis` can't be checked. */
function judgeGlobalThis(node: ts.Node): string | undefined {
  const member = readMember(node);
  if (member === undefined) return "globalThis is passed on or read by a computed key, which can't be checked";
  return judgeGlobal(member, node.parent);
}

/** `new Date(x)`, `instanceof Date` and `Date.UTC` read no clock and no time zone. */
function judgeDate(node: ts.Node, rule: GlobalRule): string | undefined {
  const { parent } = node;
  const member = readMember(node);
  if (member !== undefined) return rule.allowed?.includes(member) ? undefined : `Date.${member}: ${rule.advice}`;
  if (ts.isNewExpression(parent) && parent.expression === node) {
    const count = parent.arguments?.length ?? 0;
    if (count === 0) return `new Date() without a time: ${rule.advice}`;
    return count === 1 ? undefined : "new Date(year, month, …) is in the machine's time zone: use Date.UTC";
  }
  if (ts.isBinaryExpression(parent) && parent.operatorToken.kind === ts.SyntaxKind.InstanceOfKeyword) return undefined;
  if (ts.isCallExpression(parent) && parent.expression === node) return `Date(): ${rule.advice}`;
  return `Date is passed on, which can't be checked; ${rule.advice}`;
}

/** `x.member` and `x["member"]`. */
function readMember(node: ts.Node): string | undefined {
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent) && parent.expression === node) return parent.name.text;
  if (!ts.isElementAccessExpression(parent) || parent.expression !== node) return undefined;
  return ts.isStringLiteralLike(parent.argumentExpression) ? parent.argumentExpression.text : undefined;
}

function readImpureMethod(node: ts.Node): string | undefined {
  if (!ts.isPropertyAccessExpression(node)) return undefined;
  const name = node.name.text;
  const rule = impureMethods.find(({ names }) => names.includes(name));
  if (rule === undefined) return undefined;
  const call = ts.isCallExpression(node.parent) && node.parent.expression === node ? node.parent : undefined;
  if (call !== undefined && rule.freeFrom !== undefined && call.arguments.length >= rule.freeFrom) return undefined;
  return `${name}: ${rule.advice}`;
}
