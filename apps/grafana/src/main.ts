/** `nx run grafana:build`, `grafana:push`, `grafana:reader`. Exit code 1 where it failed, 2 for a wrong option or variable. */
import { join, relative } from "node:path";
import { AddressError, answerOptions, EXIT_CODES, findAddresses, findRepositoryRoot, redactUrl } from "@tidemark/cli";
import { describeBlocker } from "@tidemark/sinks";
import { GrafanaError } from "./errors.js";
import { parseOptions, usage, type GrafanaOptions } from "./options.js";
import { makeFiles, writeFiles } from "./output.js";
import { pushDashboards } from "./push/push.js";
import { readAddress } from "./push/reader-address.js";
import { makeReader } from "./reader-role.js";

const say = (line: string): void => void process.stdout.write(`${line}\n`);
const warn = (line: string): void => void process.stderr.write(`grafana: ${line}\n`);

async function main(): Promise<number> {
  const parsed = parseOptions(process.argv.slice(2), process.env);
  if (parsed.kind !== "run") return answerOptions(parsed, usage, warn);
  try {
    await run(parsed.options, findRepositoryRoot(import.meta.url));
    return EXIT_CODES.ok;
  } catch (error) {
    warn(error instanceof Error ? error.message : String(error));
    const isOption =
      error instanceof AddressError || (error instanceof GrafanaError && error.code === "bad-reader-url");
    return isOption ? EXIT_CODES.usage : EXIT_CODES.failed;
  }
}

async function run(options: GrafanaOptions, root: string): Promise<void> {
  if (options.command === "build") {
    const directory = join(root, "dist", "grafana");
    const files = makeFiles();
    await writeFiles(directory, files);
    for (const path of files.keys()) say(relative(root, join(directory, path)));
  } else if (options.command === "push") {
    await pushDashboards({
      grafana: { url: options.GRAFANA_URL, token: options.GRAFANA_TOKEN },
      reader: options.READER_DATABASE_URL === undefined ? undefined : readAddress(options.READER_DATABASE_URL),
      dryRun: options.dryRun,
      say,
    });
  } else {
    const { databaseUrl } = await findAddresses({
      env: process.env,
      need: ["postgres"],
      root,
      onWait: (path) => warn(`waiting for a stack (${path})`),
    });
    // Before anything is made there: it may be another database than the one that was meant.
    say(`makes the role ${options.TIDEMARK_READER}, and tables that are missing, in ${redactUrl(databaseUrl)}`);
    const reader = { name: options.TIDEMARK_READER, password: options.TIDEMARK_READER_PASSWORD };
    await makeReader(databaseUrl, reader, (blockers) => {
      warn(`waiting to make the tables: ${blockers.map(describeBlocker).join(", ")} holds a lock that this needs`);
    });
    say(`${options.TIDEMARK_READER} can read ${redactUrl(databaseUrl)}`);
  }
}

process.exitCode = await main();
