/** The imports of one file, read with TypeScript's parser. */
import ts from "typescript";

export interface ImportSite {
  /** Undefined: an `import()` of something that isn't a literal. */
  readonly specifier: string | undefined;
  /** 1-based. */
  readonly line: number;
  /** Erased when compiled. */
  readonly typeOnly: boolean;
  /** Imported names; `*` for a namespace, a re-export of all or a dynamic import, `default` for the default. */
  readonly names: readonly string[];
}

export function parse(path: string, text: string): ts.SourceFile {
  return ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
}

/** Static and dynamic imports, re-exports, `require` of a literal, and `import("…")` types, in the order of the text. */
export function readImports(source: ts.SourceFile): ImportSite[] {
  const sites: ImportSite[] = [];
  const visit = (node: ts.Node): void => {
    const found = readSite(node);
    if (found !== undefined) sites.push({ ...found, line: lineOf(source, node) });
    ts.forEachChild(node, visit);
  };
  visit(source);
  return sites;
}

export function lineOf(source: ts.SourceFile, node: ts.Node): number {
  return source.getLineAndCharacterOfPosition(node.getStart(source)).line + 1;
}

function readSite(node: ts.Node): Omit<ImportSite, "line"> | undefined {
  if (ts.isImportDeclaration(node)) {
    const typeOnly = node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword;
    return { specifier: literal(node.moduleSpecifier), typeOnly, names: importedNames(node.importClause) };
  }
  if (ts.isExportDeclaration(node) && node.moduleSpecifier !== undefined) {
    const { exportClause, isTypeOnly, moduleSpecifier } = node;
    return { specifier: literal(moduleSpecifier), typeOnly: isTypeOnly, names: exportedNames(exportClause) };
  }
  if (ts.isImportEqualsDeclaration(node) && ts.isExternalModuleReference(node.moduleReference)) {
    return { specifier: literal(node.moduleReference.expression), typeOnly: node.isTypeOnly, names: ["*"] };
  }
  if (ts.isImportTypeNode(node)) {
    const argument = ts.isLiteralTypeNode(node.argument) ? node.argument.literal : undefined;
    return { specifier: literal(argument), typeOnly: true, names: [] };
  }
  if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
    return { specifier: literal(node.arguments[0]), typeOnly: false, names: ["*"] };
  }
  if (ts.isCallExpression(node) && ts.isIdentifier(node.expression) && node.expression.text === "require") {
    const specifier = literal(node.arguments[0]);
    return specifier === undefined ? undefined : { specifier, typeOnly: false, names: ["*"] };
  }
  return undefined;
}

function literal(node: ts.Node | undefined): string | undefined {
  return node !== undefined && ts.isStringLiteralLike(node) ? node.text : undefined;
}

function importedNames(clause: ts.ImportClause | undefined): string[] {
  const names = clause?.name === undefined ? [] : ["default"];
  const bindings = clause?.namedBindings;
  if (bindings === undefined) return names;
  if (ts.isNamespaceImport(bindings)) return [...names, "*"];
  return [...names, ...bindings.elements.map(({ name, propertyName }) => (propertyName ?? name).text)];
}

function exportedNames(clause: ts.NamedExportBindings | undefined): string[] {
  if (clause === undefined || ts.isNamespaceExport(clause)) return ["*"];
  return clause.elements.map(({ name, propertyName }) => (propertyName ?? name).text);
}
