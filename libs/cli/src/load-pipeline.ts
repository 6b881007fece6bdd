import { statSync } from "node:fs";
import { register as registerHooks } from "node:module";
import { extname, resolve } from "node:path";
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
 * or the export that is named after `#`. Packages that the module and its own modules import may be installed beside them
 * or in this workspace.
 *
 * @param given a path, absolute or relative to one of `folders`
 * @throws PipelineModuleError
 */
export async function loadPipeline(given: string, folders: readonly string[]): Promise<Pipeline> {
  const refuse = (problem: string, cause?: unknown): never => {
    throw new PipelineModuleError(`PIPELINE got ${JSON.stringify(given)}; ${problem}.`, { cause });
  };
  const [path = "", exportName] = given.split("#");
  const file = folders.map((folder) => resolve(folder, path)).find((candidate) => isFile(candidate));
  if (file === undefined) return refuse("there is no such file");
  const found = await importModule(file).catch((cause: unknown) =>
    refuse(`it cannot be loaded: ${withoutStop(cause instanceof Error ? cause.message : String(cause))}`, cause),
  );
  const pipelines = Object.entries(found).filter((entry): entry is [string, Pipeline] => isPipeline(entry[1]));
  const names = pipelines.map(([name]) => name).join(", ");
  if (pipelines.length === 0) return refuse("the module exports no pipeline: export what definePipeline returns");
  const wanted = exportName ?? (pipelines.some(([name]) => name === "default") ? "default" : undefined);
  const chosen = wanted === undefined ? pipelines : pipelines.filter(([name]) => name === wanted);
  const [pipeline, ...others] = new Set(chosen.map(([, value]) => value));
  if (pipeline === undefined) return refuse(`the module has no pipeline ${wanted}; it exports ${names}`);
  if (others.length > 0)
    return refuse(`the module exports the pipelines ${names}: append # and the name of one of them`);
  return pipeline;
}

let isRegistered = false;

async function importModule(file: string): Promise<Readonly<Record<string, unknown>>> {
  if (!isRegistered) {
    const hooks = new URL(`module-hooks${extname(import.meta.url)}`, import.meta.url);
    registerHooks(hooks, { data: { workspace: import.meta.url } });
    registerTypeScript();
    isRegistered = true;
  }
  return (await import(pathToFileURL(file).href)) as Readonly<Record<string, unknown>>;
}

const isFile = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;

const withoutStop = (sentence: string): string => sentence.replace(/\.$/, "");

function isPipeline(value: unknown): value is Pipeline {
  return (
    typeof value === "object" && value !== null && ["name", "event", "data", "tables"].every((key) => key in value)
  );
}
