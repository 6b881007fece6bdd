/**
 * Infers the targets of every workspace package by convention, so that no project repeats them.
 *
 *   src/main.ts in apps/         serve       (continuous; what build has made; not for packages tagged `type:command`)
 *   test/                        test        (cached; not for packages tagged `needs:server`)
 *   src/main.ts in tools/        run
 *   src/main.ts                  help        (what --help prints; in apps/ and where a stack is needed: serve and run start that first)
 *   bench/main.ts                bench
 *   tsconfig.json                typecheck; also page/tsconfig.json and test/page/tsconfig.json, where a browser's names are known
 *   any package                  lint
 *   page/build.mjs               a part of build: what runs in a browser
 *   tsconfig.build.json          build
 *
 * Tools and tests run from source: the condition `@tidemark/source` of each `exports` map names it. Apps are served built: what
 * the loader adds to each closure costs the consumer a sixth of its speed, and the loader itself 50 MB.
 */
import { existsSync, readFileSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";

// `typescript` is version 6 for Nx, which reads its API; the compiler is 7 (docs/decisions/0001-two-typescripts.md).
const tsc = "node node_modules/typescript-7/bin/tsc";
/** `config.node` of a manifest holds options of Node that its program wants. */
const nodeFor = ({ node = "" } = {}) => (node === "" ? "node" : `node ${node}`);
const runFromSource = (config) => `${nodeFor(config)} --conditions=@tidemark/source --import tsx`;

function inferTargets(root, { nx = {}, config }) {
  const has = (path) => existsSync(join(root, path));
  const tags = nx.tags ?? [];
  const needsServer = tags.includes("needs:server");
  const stack = tags.includes("needs:stack") ? [{ projects: ["stack"], target: "serve" }] : [];
  const targets = {
    lint: { command: `oxlint --deny-warnings ${root}`, cache: true, inputs: ["source", "lintConfig"] },
  };
  if (has("test")) {
    targets.test = {
      command: `vitest run --root ${root} --config ${relative(root, "vitest.config.ts")}`,
      cache: !needsServer,
      inputs: ["source", "^source", "testConfig"],
      outputs: ["{projectRoot}/test-results"],
    };
  }
  if (has("tsconfig.json")) {
    const configs = ["tsconfig.json", "page/tsconfig.json", "test/page/tsconfig.json"].filter(has);
    targets.typecheck = {
      command: configs.map((file) => `${tsc} -p ${root}/${file}`).join(" && "),
      cache: true,
      inputs: ["source", "^source", "typescriptConfig"],
    };
  }
  if (has("tsconfig.build.json")) {
    const page = has("page/build.mjs") ? ` && node ${root}/page/build.mjs` : "";
    targets.build = {
      command: `${tsc} -b ${root}/tsconfig.build.json${page}`,
      cache: true,
      dependsOn: ["^build"],
      inputs: ["source", "^source", "typescriptConfig"],
      outputs: ["{projectRoot}/dist"],
    };
  }
  if (root.startsWith("apps/") && has("src/main.ts") && !tags.includes("type:command")) {
    targets.serve = {
      command: `${nodeFor(config)} ${root}/dist/main.js`,
      continuous: true,
      dependsOn: ["build", ...stack],
    };
  }
  if (has("src/main.ts") && (root.startsWith("apps/") || stack.length > 0))
    targets.help = { command: `${runFromSource(config)} ${root}/src/main.ts --help` };
  if (has("bench/main.ts")) targets.bench = { command: `${runFromSource(config)} ${root}/bench/main.ts` };
  if (root.startsWith("tools/") && has("src/main.ts"))
    targets.run = { command: `${runFromSource(config)} ${root}/src/main.ts`, dependsOn: stack };
  return targets;
}

export const createNodesV2 = [
  "{{apps,libs,tools}/*,examples}/package.json",
  (files) =>
    files.map((file) => {
      const root = dirname(file);
      const manifest = JSON.parse(readFileSync(file, "utf8"));
      const name = manifest.nx?.name ?? basename(root);
      return [file, { projects: { [root]: { name, targets: inferTargets(root, manifest) } } }];
    }),
];
