/** All rules on one workspace. */
import { checkDependencies } from "./dependencies.js";
import { sortFindings, type Finding } from "./finding.js";
import { checkFlagshipNames } from "./flagship-names.js";
import { readImportGraph } from "./import-graph.js";
import { checkLayers } from "./layers.js";
import type { ProjectGraph } from "./nx-graph.js";
import { checkPurity } from "./purity.js";
import { readWorkspace } from "./workspace.js";

/** `root` is the absolute path of a workspace, `graph` what Nx makes of it. */
export function checkWorkspace(root: string, graph: ProjectGraph): Finding[] {
  const workspace = readWorkspace(root);
  const imports = readImportGraph(workspace);
  return sortFindings([
    ...checkLayers(workspace, graph, imports),
    ...checkDependencies(workspace, imports),
    ...checkPurity(workspace),
    ...checkFlagshipNames(workspace),
  ]);
}
