/** Type checks and compiles TypeScript files in a project, as strictly as TypeScript does, with the declarations they use. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "../src/commands.js";
import { repository } from "../src/packages.js";

const compilerOptions = {
  target: "es2023",
  lib: ["es2023"],
  module: "nodenext",
  types: ["node"],
  strict: true,
  exactOptionalPropertyTypes: true,
  verbatimModuleSyntax: true,
  skipLibCheck: false,
  rootDir: ".",
  outDir: "out",
};

export interface Compilation {
  /** The errors in a file, as `line,column: error TS…`; the file by its path in the project. */
  readonly errorsIn: (file: string) => readonly string[];
  /** The errors in the declarations of a package that is installed in the project. */
  readonly errorsInPackage: (packageName: string) => readonly string[];
}

/** `sources` by name; NAME.ts compiles to out/NAME.js even where it has errors. */
export function compile(project: string, sources: ReadonlyMap<string, string>): Compilation {
  for (const [name, source] of sources) writeFileSync(join(project, `${name}.ts`), source);
  writeFileSync(join(project, "tsconfig.json"), JSON.stringify({ compilerOptions, include: ["*.ts"] }));
  const tsc = join(repository, "node_modules/typescript-7/bin/tsc");
  const { stdout } = run(process.execPath, [tsc, "-p", ".", "--pretty", "false"], project);
  const errors = stdout.split("\n").flatMap((line) => {
    const [, file, place, text] = /^(\S+?)\((\d+,\d+)\): (error .*)$/.exec(line) ?? [];
    return file === undefined ? [] : [{ file, text: `${place}: ${text}` }];
  });
  return {
    errorsIn: (wanted) => errors.filter(({ file }) => file === wanted).map(({ text }) => text),
    errorsInPackage: (packageName) =>
      errors
        .filter(({ file }) => file.startsWith(`node_modules/${packageName}/`))
        .map(({ file, text }) => `${file} ${text}`),
  };
}
