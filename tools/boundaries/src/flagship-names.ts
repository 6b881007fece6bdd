/** The flagship is named in its own lib and nowhere else: the other libs serve any event, and so do their tests. */
import type { Finding } from "./finding.js";
import { flagship } from "./rules.js";
import { listSourceFiles } from "./source-files.js";
import type { Workspace } from "./workspace.js";

export function checkFlagshipNames(workspace: Workspace): Finding[] {
  return listSourceFiles(workspace)
    .filter(({ project, path }) => project.kind === "lib" && project.name !== flagship.lib && path.endsWith(".ts"))
    .flatMap(({ path, text }) =>
      text.split("\n").flatMap((line, index) => {
        const [name] = flagship.names.exec(line) ?? [];
        if (name === undefined) return [];
        const message = `"${name}" names the flagship: move it to libs/${flagship.lib}, or use a name of another event`;
        return [{ rule: "flagship-name" as const, file: path, line: index + 1, message }];
      }),
    );
}
