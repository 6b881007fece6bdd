/** One broken rule: where it is, what is wrong, and what to do about it. */
export interface Finding {
  readonly rule: RuleName;
  /** Path from the workspace root, with `/`. */
  readonly file: string;
  /** 1-based; 1 where the whole file is meant. */
  readonly line: number;
  readonly message: string;
}

export type RuleName =
  | "layer"
  | "unknown-lib"
  | "graph-gap"
  | "relative-across-projects"
  | "undeclared-dependency"
  | "wrong-kind-of-dependency"
  | "unresolved-import"
  | "impure-import"
  | "impure-global"
  | "impure-method"
  | "unseeded"
  | "dynamic-import"
  | "flagship-name";

export function formatFinding({ rule, file, line, message }: Finding): string {
  return `${file}:${line}  ${rule}  ${message}`;
}

/** By file, then line, then text; each said once. */
export function sortFindings(findings: readonly Finding[]): Finding[] {
  const byText = new Map(findings.map((finding) => [formatFinding(finding), finding]));
  return [...byText.values()].sort(
    (a, b) => compare(a.file, b.file) || a.line - b.line || compare(a.rule, b.rule) || compare(a.message, b.message),
  );
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
