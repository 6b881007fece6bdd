import { existsSync } from "node:fs";
import { register as registerHooks } from "node:module";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { Pipeline } from "@tidemark/pipeline/definition";
import { register as registerTypeScript } from "tsx/esm/api";

/** A module that was given as a pipeline, and is none. */
export class PipelineModuleError extends Error {
  readonly code = "bad-pipeline-module";
  override readonly name = "PipelineModuleError";
}

/**
 * Loads a pipeline from a module, in TypeScript or JavaScript: its default export or its only export that is a pipeline,
 * or the one that is named behind `#`. What the module imports may be installed beside it or in this workspace.
 *
 * @param given a path, absolute or relative to one of `folders`
 * @throws PipelineModuleError
 */
export async function loadPipeline(given: string, folders: readonly string[]): Promise<Pipeline> {
  const [path = "", exportName] = given.split("#");
  const file = folders.map((folder) => resolve(folder, path)).find((candidate) => existsSync(candidate));
  if (file === undefined)
    throw new PipelineModuleError(`PIPELINE got ${JSON.stringify(given)}; there is no such file.`);
  const found = await importModule(file, given);
  const pipelines = Object.entries(found).filter((entry): entry is [string, Pipeline] => isPipeline(entry[1]));
  const wanted = exportName ?? (pipelines.some(([name]) => name === "default") ? "default" : undefined);
  const chosen = wanted === undefined ? pipelines : pipelines.filter(([name]) => name === wanted);
  const distinct = [...new Set(chosen.map(([, pipeline]) => pipeline))];
  const [pipeline] = distinct;
  if (pipeline !== undefined && distinct.length === 1) return pipeline;
  const names = pipelines.map(([name]) => name).join(", ");
  throw new PipelineModuleError(
    pipelines.length === 0
      ? `PIPELINE got ${JSON.stringify(given)}, which exports no pipeline: export what definePipeline returns.`
      : `PIPELINE got ${JSON.stringify(given)}, which exports the pipelines ${names}: name one of them behind #.`,
  );
}

/**
 * Resolves packages that are not installed beside the importing module from this workspace, and takes TypeScript outside of
 * any package for ECMAScript modules.
 */
const hooks = `export async function resolve(specifier, context, next) {
  const asModule = (found) => (/\\.m?ts$/.test(found.url) ? { ...found, format: "module" } : found);
  try {
    return asModule(await next(specifier, context));
  } catch (error) {
    if (error.code !== "ERR_MODULE_NOT_FOUND" || /^(?:[./]|[a-z]+:)/.test(specifier)) throw error;
    return asModule(await next(specifier, { ...context, parentURL: ${JSON.stringify(import.meta.url)} }));
  }
}`;

let isRegistered = false;

async function importModule(file: string, given: string): Promise<Readonly<Record<string, unknown>>> {
  if (!isRegistered) {
    registerTypeScript();
    registerHooks(`data:text/javascript,${encodeURIComponent(hooks)}`);
    isRegistered = true;
  }
  try {
    return (await import(pathToFileURL(file).href)) as Readonly<Record<string, unknown>>;
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message : String(cause);
    throw new PipelineModuleError(`PIPELINE got ${JSON.stringify(given)}, which cannot be loaded (${detail}).`, {
      cause,
    });
  }
}

function isPipeline(value: unknown): value is Pipeline {
  return (
    typeof value === "object" && value !== null && ["name", "event", "data", "tables"].every((key) => key in value)
  );
}
