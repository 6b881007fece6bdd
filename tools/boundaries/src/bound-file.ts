/** One parsed file whose names are bound: which identifiers are its own and which are global. */
import ts from "typescript";

/** A parsed file, and whether one of its identifiers means something that the file declares or imports. */
export interface BoundFile {
  readonly source: ts.SourceFile;
  readonly isDeclared: (identifier: ts.Identifier) => boolean;
}

/** Binds names with TypeScript's own checker, with no libraries: what is left without a declaration is a global. */
export function bind(path: string, text: string): BoundFile {
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const options = {
    noLib: true,
    noResolve: true,
    types: [],
    allowJs: true,
    moduleDetection: ts.ModuleDetectionKind.Force,
  };
  const host: ts.CompilerHost = {
    getSourceFile: (name) => (name === path ? source : undefined),
    getDefaultLibFileName: () => "",
    writeFile: () => {},
    getCurrentDirectory: () => "",
    getCanonicalFileName: (name) => name,
    useCaseSensitiveFileNames: () => true,
    getNewLine: () => "\n",
    fileExists: (name) => name === path,
    readFile: () => undefined,
  };
  const checker = ts.createProgram([path], options, host).getTypeChecker();
  const isDeclared = (identifier: ts.Identifier): boolean => {
    const inScope = checker.getSymbolsInScope(identifier, ts.SymbolFlags.Value | ts.SymbolFlags.Alias);
    const symbol = inScope.find(({ name }) => name === identifier.text);
    return (symbol?.declarations ?? []).some((declaration) => !isAmbient(declaration));
  };
  return { source, isDeclared };
}

/** `declare const process` and `declare global { … }` only tell the compiler of a global. */
function isAmbient(declaration: ts.Declaration): boolean {
  return ts.findAncestor(declaration, isDeclareStatement) !== undefined;
}

function isDeclareStatement(node: ts.Node): boolean {
  const modifiers = ts.canHaveModifiers(node) ? ts.getModifiers(node) : undefined;
  return modifiers?.some(({ kind }) => kind === ts.SyntaxKind.DeclareKeyword) ?? false;
}

/** Visits what is left at run time: no types, no ambient declarations. */
export function visitValues(root: ts.Node, visit: (node: ts.Node) => void): void {
  const step = (node: ts.Node): void => {
    if (ts.isTypeNode(node) && !ts.isExpressionWithTypeArguments(node)) return;
    if (ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node)) return;
    if (ts.isHeritageClause(node) && node.token === ts.SyntaxKind.ImplementsKeyword) return;
    if (isDeclareStatement(node)) return;
    visit(node);
    ts.forEachChild(node, step);
  };
  step(root);
}

/** Not a declaration's own name, a property's name after a dot, a key of an object or a label. */
export function isReference(node: ts.Identifier): boolean {
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent)) return parent.expression === node;
  if (ts.isShorthandPropertyAssignment(parent)) return true;
  if (ts.isPropertyAssignment(parent)) return parent.initializer === node;
  if (ts.isImportSpecifier(parent) || ts.isImportClause(parent) || ts.isNamespaceImport(parent)) return false;
  if (ts.isExportSpecifier(parent)) {
    return parent.parent.parent.moduleSpecifier === undefined && (parent.propertyName ?? parent.name) === node;
  }
  if (ts.isBindingElement(parent)) return parent.initializer === node;
  if (ts.isMetaProperty(parent) || ts.isLabeledStatement(parent) || ts.isBreakOrContinueStatement(parent)) return false;
  return !("name" in parent && parent.name === node);
}
