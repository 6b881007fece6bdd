/** The project graph as Nx sees it: from the manifests and, with `analyzeSourceFiles`, from the imports. */
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

export interface ProjectGraph {
  readonly projects: ReadonlySet<string>;
  readonly edges: readonly ProjectEdge[];
}

export interface ProjectEdge {
  readonly from: string;
  readonly to: string;
}

/**
 * Runs `nx graph --file` in the workspace, without a daemon and with its state in a temporary folder, so that it can run
 * inside an Nx task. Rejects with Nx's output where Nx fails.
 */
export async function readProjectGraph(workspaceRoot: string, env: NodeJS.ProcessEnv): Promise<ProjectGraph> {
  const folder = await mkdtemp(join(tmpdir(), "tidemark-graph-"));
  try {
    const file = join(folder, "graph.json");
    const nx = join(workspaceRoot, "node_modules/nx/dist/bin/nx.js");
    await promisify(execFile)(process.execPath, [nx, "graph", `--file=${file}`], {
      cwd: workspaceRoot,
      env: { ...withoutNx(env), NX_DAEMON: "false", NX_WORKSPACE_DATA_DIRECTORY: join(folder, "data") },
    });
    return parseGraph(JSON.parse(await readFile(file, "utf8")) as GraphFile);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

interface GraphFile {
  readonly graph: {
    readonly nodes: Readonly<Record<string, unknown>>;
    readonly dependencies: Readonly<Record<string, readonly { source: string; target: string }[]>>;
  };
}

function parseGraph({ graph }: GraphFile): ProjectGraph {
  const projects = new Set(Object.keys(graph.nodes));
  const edges = Object.values(graph.dependencies).flat();
  return {
    projects,
    edges: edges
      .filter(({ target }) => projects.has(target))
      .map(({ source, target }) => ({ from: source, to: target })),
  };
}

/** An outer Nx tells its tasks where its workspace is; the inner one must find its own. */
function withoutNx(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith("NX_")));
}
