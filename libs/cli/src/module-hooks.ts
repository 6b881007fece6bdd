// Runs on Node's thread of module hooks. tsx, whose hooks come before these, keeps the format that they find.
import { existsSync, readFileSync } from "node:fs";
import type { InitializeHook, ResolveFnOutput, ResolveHook } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { compileFunction } from "node:vm";

const PREPARSE = "tsx-commonjs-export-preparse";

/** Packages that are not installed beside the importing module are taken from where this module finds them. */
let workspace: string | undefined;

export const initialize: InitializeHook<{ readonly workspace: string }> = (data) => {
  ({ workspace } = data);
};

export const resolve: ResolveHook = async (specifier, context, next) => {
  try {
    return asEcmaScript(await next(specifier, context));
  } catch (error) {
    const isMissingPackage = (error as NodeJS.ErrnoException).code === "ERR_MODULE_NOT_FOUND" && isBare(specifier);
    if (!isMissingPackage || workspace === undefined) throw error;
    return asEcmaScript(await next(specifier, { ...context, parentURL: workspace }));
  }
};

const isBare = (specifier: string): boolean => !/^(?:[./]|[a-z]+:)/.test(specifier);

/**
 * Makes ECMAScript modules of TypeScript, and of JavaScript that is no CommonJS, wherever no manifest says what they are. Node
 * and tsx take both for CommonJS there, and `require` then looks for packages without these hooks.
 */
function asEcmaScript(found: ResolveFnOutput): ResolveFnOutput {
  if (!found.url.startsWith("file:") || found.url.includes("/node_modules/")) return found;
  const url = withoutPreparse(found.url);
  const isModule = /\.m?ts$/.test(url.pathname) || (url.pathname.endsWith(".js") && isUnmarkedModule(url));
  if (!isModule) return found;
  return { ...found, url: url.href, format: "module" };
}

/** Without the marks by which tsx, where it was loaded earlier, asks for the exports of what it takes for CommonJS. */
function withoutPreparse(found: string): URL {
  const url = new URL(found);
  if (!url.searchParams.has(PREPARSE)) return url;
  url.pathname = url.pathname.replace(/%3F[^/]*$/i, "");
  const marks = [...url.searchParams.keys()].filter((name) => name.startsWith("tsx-commonjs-"));
  for (const mark of marks) url.searchParams.delete(mark);
  return url;
}

/** Whether a .js file is an ECMAScript module by its syntax, and the nearest manifest does not say what it is. */
function isUnmarkedModule(url: URL): boolean {
  const path = fileURLToPath(url);
  if (declaredType(dirname(path)) !== undefined) return false;
  try {
    // The parameters of a CommonJS module's function.
    compileFunction(readFileSync(path, "utf8"), ["exports", "require", "module", "__filename", "__dirname"]);
    return false;
  } catch (error) {
    return error instanceof SyntaxError;
  }
}

function declaredType(folder: string): unknown {
  const manifest = join(folder, "package.json");
  if (existsSync(manifest)) return (JSON.parse(readFileSync(manifest, "utf8")) as { type?: unknown }).type;
  return dirname(folder) === folder ? undefined : declaredType(dirname(folder));
}
