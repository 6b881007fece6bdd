/** Prints every broken rule of the workspace that it is run in, and exits 1 where there is one. */
import { checkWorkspace } from "./check.js";
import { formatFinding } from "./finding.js";
import { readProjectGraph } from "./nx-graph.js";

const root = process.cwd();
const graph = await readProjectGraph(root, process.env);
const findings = checkWorkspace(root, graph);
for (const finding of findings) console.log(formatFinding(finding));
if (findings.length === 0) console.log(`${graph.projects.size} projects: no boundary is crossed`);
process.exitCode = findings.length === 0 ? 0 : 1;
