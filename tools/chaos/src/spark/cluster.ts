import { execFile } from "node:child_process";
import { readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { findFreePort } from "@tidemark/real-kafka";
import type { Guard } from "../guard.js";
import { parseJsonLine } from "../json-line.js";
import { startProcess, type OwnedProcess, type ProcessEnd } from "../owned-process.js";
import { programOf, repository } from "../programs.js";
import { WORKERS } from "./schedule.js";

const run = promisify(execFile);
const AGAIN_MS = 1_000;
const LEAVE_MS = 30_000;

export interface SparkCluster {
  /** Of worker 1 on. */
  workerPid(worker: number): number;
  /** SIGKILL for it and its executor, at once. */
  killWorker(worker: number): Promise<void>;
  startWorker(worker: number): void;
  startDriver(): void;
  /** SIGKILL; resolves when it is gone. */
  killDriver(): Promise<void>;
  /** SIGTERM, and SIGKILL where it does not end. */
  leaveDriver(): Promise<void>;
  /** Whether a driver is to be started again that ends since its partitions were claimed by another. */
  allowFence(isAllowed: boolean): void;
  readonly counts: { driversStarted: number; fenced: number; failed: number; refolded: number };
  close(): Promise<void>;
}

export interface ClusterOptions {
  readonly guard: Guard;
  readonly directory: string;
  /** Addresses of Kafka and Postgres. */
  readonly variables: Readonly<Record<string, string>>;
  readonly onSurprise: (end: ProcessEnd) => void;
  readonly say: (line: string) => void;
}

/** What apps/spark installs and builds. */
async function prepare(): Promise<{ python: string; jars: string; home: string; job: string }> {
  const main = programOf("apps/spark/src/main.ts");
  const spark = (...args: string[]) => run(main[0] ?? "", [...main.slice(1), ...args], { maxBuffer: 1 << 24 });
  const python = (await spark("environment")).stdout.trim();
  await spark("build");
  const jars = join(dirname(python), "../../jars");
  const home = (await run(python, ["-c", "import pyspark; print(pyspark.__path__[0])"])).stdout.trim();
  return {
    python,
    jars: readdirSync(jars)
      .map((jar) => join(jars, jar))
      .join(","),
    home,
    job: join(repository, "dist/spark/socmed/job.json"),
  };
}

function killGroup({ pid }: OwnedProcess): void {
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // It has ended.
  }
}

/** A standalone master and two workers on loopback, from PySpark's package; the driver is yet to be started. */
export async function startCluster(options: ClusterOptions): Promise<SparkCluster> {
  const { guard, directory, variables, onSurprise, say } = options;
  const { python, jars, home, job } = await prepare();
  const port = await findFreePort(0);
  const env = {
    SPARK_HOME: home,
    SPARK_LOCAL_IP: "127.0.0.1",
    SPARK_DAEMON_MEMORY: "256m",
    PYSPARK_PYTHON: python,
    PYTHONPATH: join(repository, "apps/spark/python"),
    // An executor that is killed again and again is no reason to give the application up.
    SPARK_DAEMON_JAVA_OPTS: "-Dspark.master.rest.enabled=false -Dspark.deploy.maxExecutorRetries=-1",
  };
  const daemon = (name: string, ...args: string[]): OwnedProcess =>
    startProcess([join(home, "bin/spark-class"), `org.apache.spark.deploy.${name}`, "--host", "127.0.0.1", ...args], {
      guard,
      env,
      onLine: () => {},
    });
  const master = daemon("master.Master", "--port", String(port), "--webui-port", "0");
  const workers: OwnedProcess[] = [];
  const counts = { driversStarted: 0, fenced: 0, failed: 0, refolded: 0 };
  let driver: OwnedProcess | undefined;
  let wanted = false;
  let isFenceAllowed = false;

  const startWorker = (worker: number): void => {
    const place = join(directory, `spark-worker-${worker}`);
    const limits = ["--cores", "2", "--memory", "600m", "--work-dir", place, "--webui-port", "0"];
    workers[worker - 1] = daemon("worker.Worker", ...limits, `spark://127.0.0.1:${port}`);
  };

  const hear = (line: string): void => {
    const event = parseJsonLine(line) ?? {};
    if (event["type"] === "query-failed") counts.refolded += 1;
    if (event["type"] === "query-failed" || event["type"] === "failed") say(String(event["reason"]).slice(0, 200));
  };

  function startDriver(): void {
    wanted = true;
    counts.driversStarted += 1;
    const settings = [
      "spark.executor.memory=512m",
      "spark.task.maxFailures=8",
      "spark.cores.max=4",
      "spark.executor.cores=2",
      // Slow tasks are run twice at once: the fence lets one of them commit.
      "spark.speculation=true",
      "spark.speculation.multiplier=1.2",
      "spark.speculation.quantile=0.5",
      "spark.speculation.minTaskRuntime=100ms",
      `spark.executorEnv.PYTHONPATH=${env.PYTHONPATH}`,
      `spark.local.dir=${join(directory, "spark-local")}`,
    ].flatMap((setting) => ["--conf", setting]);
    const mine = startProcess(
      [
        python,
        "-m",
        "tidemark_spark",
        job,
        "--events",
        "--master",
        `spark://127.0.0.1:${port}`,
        "--jars",
        jars,
        ...settings,
      ],
      { guard, env: { ...env, ...variables, PYTHONUNBUFFERED: "1" }, onLine: hear },
    );
    driver = mine;
    void startAgainAfter(mine);
  }

  async function startAgainAfter(mine: OwnedProcess): Promise<void> {
    const isOurs = (): boolean => wanted && driver === mine;
    const how = await mine.ended;
    if (!isOurs()) return;
    if (how.code === 2 && isFenceAllowed) counts.fenced += 1;
    else {
      counts.failed += 1;
      onSurprise(how);
    }
    // Not while the consumer has its turn.
    const mustWait = (): boolean => isFenceAllowed && isOurs();
    while (mustWait()) await sleep(AGAIN_MS);
    if (isOurs()) startDriver();
  }

  async function end(name: "SIGTERM" | "SIGKILL"): Promise<void> {
    wanted = false;
    if (driver !== undefined && driver.signal(name)) await driver.ended;
  }

  for (let worker = 1; worker <= WORKERS; worker += 1) startWorker(worker);
  return {
    counts,
    workerPid: (worker) => workers[worker - 1]?.pid ?? 0,
    async killWorker(worker) {
      const mine = workers[worker - 1];
      if (mine === undefined) return;
      killGroup(mine);
      await mine.ended;
    },
    startWorker,
    startDriver,
    killDriver: () => end("SIGKILL"),
    async leaveDriver() {
      const patience = new AbortController();
      await Promise.race([end("SIGTERM"), sleep(LEAVE_MS, undefined, { signal: patience.signal }).catch(() => {})]);
      patience.abort();
      await end("SIGKILL");
    },
    allowFence(isAllowed) {
      isFenceAllowed = isAllowed;
    },
    async close() {
      await end("SIGKILL");
      for (const one of [...workers, master]) {
        killGroup(one);
        await one.ended;
      }
    },
  };
}
