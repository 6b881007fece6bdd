import { accessSync, constants } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { chromium, type BrowserContext, type BrowserContextOptions, type Page } from "playwright-core";
import { describe } from "vitest";
import { buildPage } from "../../page/build.mjs";

const names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** A Chromium of this machine. None is downloaded. */
const executablePath = (process.env["PATH"] ?? "")
  .split(delimiter)
  .flatMap((folder) => names.map((name) => join(folder, name)))
  .find(isProgram);

const isMissing = executablePath === undefined;
const reason = isMissing ? " (skipped: there is no Chromium; on Debian: apt-get install chromium)" : "";

/** `describe` for what needs a browser. Where there is none, the name of what is skipped says so. */
export function describeInBrowser(name: string, tests: () => void): void {
  describe.skipIf(isMissing)(`${name}${reason}`, () => {
    tests();
  });
}

const flags = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--js-flags=--expose-gc",
];

/** A browser without a past, whose pages keep what went wrong in them. */
export interface TestBrowser {
  /** A page with a storage of its own. */
  openPage(options?: BrowserContextOptions): Promise<TestPage>;
  close(): Promise<void>;
}

export interface TestPage {
  readonly page: Page;
  readonly context: BrowserContext;
  /** Errors in its console, violations of its policy, and requests to elsewhere: there should be none. */
  readonly troubles: string[];
}

/** Builds the page, and starts the browser. */
export async function startBrowser(): Promise<TestBrowser> {
  await buildPage();
  const profile = await mkdtemp(join(tmpdir(), "tidemark-browser-"));
  const browser = await chromium.launch({
    ...(executablePath !== undefined && { executablePath }),
    args: flags,
    env: { ...environment(), HOME: profile },
  });
  return {
    async openPage(options = {}) {
      const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options });
      const page = await context.newPage();
      const troubles: string[] = [];
      page.on("console", (message) => {
        if (message.type() === "error" || message.type() === "warning") troubles.push(message.text());
      });
      page.on("pageerror", (error) => troubles.push(error.stack ?? error.message));
      page.on("request", (request) => {
        const { hostname, protocol } = new URL(request.url());
        if (hostname !== "127.0.0.1" && protocol !== "data:") troubles.push(`asked ${request.url()}`);
      });
      return { page, context, troubles };
    },
    async close() {
      await browser.close();
      await rm(profile, { recursive: true, force: true });
    },
  };
}

function environment(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}

/** Waits until the page shows the rows of its choice, or says why there are none. */
export async function waitForFigures(page: Page): Promise<void> {
  await page.locator('.stage[data-state="shown"]').waitFor();
}

/** A measurement, for whoever reads the run. Nothing is judged by it. */
export function report(text: string): void {
  process.stdout.write(`${text}\n`);
}
