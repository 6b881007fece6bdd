/**
 * `nx run live:screenshots`: the pictures in docs/images, of the page after two hours of the scenario `default` through the real
 * producer, broker, consumer, Postgres and server, which go on while it is looked at.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { startBroker } from "@tidemark/embedded-kafka";
import { startUnderTest } from "../../live-under-test.js";
import { query, startServers } from "../../servers.js";
import { report, startBrowser, waitForFigures } from "../browser.js";
import { shrinkPng } from "./small-png.js";

const repository = resolve(import.meta.dirname, "../../../../..");
const images = join(repository, "docs/images");
const hourMs = 3_600_000;
const perSecond = 20;
const events = 2 * (hourMs / 1000) * perSecond;

const shots = [
  ...(["light", "dark"] as const).flatMap((theme) =>
    [
      { width: 390, height: 844 },
      { width: 1440, height: 900 },
      { width: 2560, height: 1440 },
    ].map((size) => ({
      name: `live-performance-${theme}-${size.width}`,
      theme,
      size,
      tab: "social-media-performance",
    })),
  ),
  ...(["light", "dark"] as const).map((theme) => ({
    name: `live-pipeline-${theme}-1440`,
    theme,
    size: { width: 1440, height: 900 },
    tab: "pipeline-health",
  })),
];

const directory = await mkdtemp(join(tmpdir(), "tidemark-screenshots-"));
const servers = await startServers();
const databaseUrl = await servers.createDatabase();
const broker = await startBroker({ dataDir: directory });
const running: ChildProcess[] = [];

function start(app: string, ...args: readonly string[]): ChildProcess {
  const child = spawn(
    process.execPath,
    ["--conditions=@tidemark/source", "--import", "tsx", `apps/${app}/src/main.ts`, ...args],
    {
      cwd: repository,
      env: { ...process.env, KAFKA_BROKERS: broker.address, DATABASE_URL: databaseUrl },
      stdio: ["ignore", "ignore", "inherit"],
    },
  );
  running.push(child);
  return child;
}

async function finish(child: ChildProcess): Promise<void> {
  const [code] = await once(child, "exit");
  if (code !== 0) throw new Error(`${child.spawnargs.join(" ")} ended with ${code}.`);
}

/** Observations of the last hour, as consumers write them every 10 s by the clock: these hours were made in a minute. */
const progress = `DELETE FROM tidemark.progress;
  SELECT setseed(0.5);
  INSERT INTO tidemark.progress (at, pipeline, topic, partition, consumer, seconds, records, checkpoints, checkpoint_ms_sum,
    checkpoint_ms_max, lag, pauses)
  SELECT now() - step * interval '10 seconds', 'socmed', 'socmed-events', partition, 'screenshots', 10,
    25 + round(4 * random() - 2), 10, 50 + 40 * random(), 7 + 6 * random() - 5 * ln(1 - random()), floor(6 * random()), 0
  FROM generate_series(0, 360) AS step, generate_series(0, 7) AS partition`;

try {
  const startMs = Date.now() - 2 * hourMs;
  const stream = ["--scenario=default", "--seed=1", `--start=${new Date(startMs).toISOString()}`];
  await finish(start("producer", ...stream, `--events=${events}`, "--rate=max"));
  await finish(start("consumer", "--until-caught-up"));
  // What should have come in the meantime.
  const meantime = Math.floor(((Date.now() - startMs) / 1000) * perSecond) - events;
  await finish(start("producer", ...stream, `--start-index=${events}`, `--events=${meantime}`, "--rate=max"));
  await finish(start("consumer", "--until-caught-up"));
  start("consumer");
  start("producer", ...stream, `--start-index=${events + meantime}`);
  await query(databaseUrl, progress);
  // First the browser: it builds the page that the server reads.
  const browser = await startBrowser();
  const live = await startUnderTest(databaseUrl);
  await mkdir(images, { recursive: true });
  for (const { name, theme, size, tab } of shots) {
    const { page, context, troubles } = await browser.openPage({ colorScheme: theme, viewport: size });
    await page.goto(`${live.url}/?tab=${tab}&range=1h`);
    await waitForFigures(page);
    await page.locator(".status", { hasText: /live, [01] s/ }).waitFor({ timeout: 60_000 });
    const png = shrinkPng(await page.screenshot({ fullPage: size.width < 700 }));
    await writeFile(join(images, `${name}.png`), png);
    report(`${name}.png  ${Math.round(png.byteLength / 1000)} kB ${troubles.join("; ")}`);
    await context.close();
  }
  await browser.close();
  await live.close();
} finally {
  for (const child of running) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill();
    await once(child, "exit");
  }
  await broker.close();
  await servers.close();
  await rm(directory, { recursive: true, force: true });
}
