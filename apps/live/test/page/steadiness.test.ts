import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import type { CDPSession, Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { describeInBrowser, report, startBrowser, waitForFigures, type TestBrowser } from "./browser.js";
import { pageDirectory, startPageServer, type PageServer } from "./page-server.js";
import { answerWith, sampleDashboards, samplePanels, samplePulse } from "./sample.js";

const tabs = ["social-media-performance", "pipeline-health"];

/** Bytes that live in the page's heap when all garbage has gone. */
async function measureHeap(session: CDPSession): Promise<number> {
  await session.send("HeapProfiler.collectGarbage");
  await session.send("HeapProfiler.collectGarbage");
  const { usedSize } = await session.send("Runtime.getHeapUsage");
  return usedSize;
}

const countNodes = (page: Page): Promise<number> => page.evaluate(() => document.querySelectorAll("*").length);

const inKib = (bytes: number): string => `${Math.round(bytes / 1024)} KiB`;

describeInBrowser("the page, while it runs", () => {
  let browser: TestBrowser;
  let server: PageServer;
  beforeAll(async () => {
    browser = await startBrowser();
    server = await startPageServer(sampleDashboards, answerWith());
  });
  afterAll(async () => {
    await browser?.close();
    await server?.stop();
  });

  /** Ends when the page shows the last of them. */
  async function update(page: Page, tab: string, from: number, steps: number): Promise<void> {
    for (let step = from; step < from + steps; step += 1) server.send({ panels: samplePanels(tab, step) });
    const pulse = samplePulse(from + steps - 1);
    server.send({ pulse });
    await page.locator(`footer [data-kind="counted"][data-value="${pulse.ledger?.counted}"]`).waitFor();
  }

  it.each(tabs)("moves nothing while its numbers change: %s", async (tab) => {
    const { page, context } = await browser.openPage();
    await page.goto(`${server.url}/?tab=${tab}`);
    await waitForFigures(page);
    await page.evaluate(() => {
      const shifts: string[] = [];
      Object.assign(window, { shifts });
      new PerformanceObserver((list) =>
        shifts.push(...list.getEntries().map((entry) => JSON.stringify(entry))),
      ).observe({
        type: "layout-shift",
      });
    });
    for (let at = 0; at < 10; at += 1) {
      await update(page, tab, 1 + at * 37, 5);
      await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(resolve)));
    }
    server.send({ pulse: samplePulse(400, { committedMs: samplePulse(0).committedMs }) });
    await page.locator('.banner[data-shown="stopped"]').waitFor();
    expect(await page.evaluate(() => (window as unknown as { shifts: string[] }).shifts)).toEqual([]);
    await context.close();
  });

  it("leaks nothing in 10,000 updates, half of them on each tab", { timeout: 900_000 }, async () => {
    const { page, context, troubles } = await browser.openPage();
    const session = await context.newCDPSession(page);
    for (const tab of tabs) {
      await page.goto(`${server.url}/?tab=${tab}`);
      await waitForFigures(page);
      await update(page, tab, 1, 500);
      const [heap, nodes] = [await measureHeap(session), await countNodes(page)];
      for (let done = 0; done < 5_000; done += 500) await update(page, tab, 501 + done, 500);
      // As it was when it was measured first.
      await update(page, tab, 500, 1);
      const grown = (await measureHeap(session)) - heap;
      report(`${tab}: a heap of ${inKib(heap)}, and ${inKib(grown)} more after 5,000 updates`);
      expect(await countNodes(page)).toBe(nodes);
      // A leak of one element per update would be more.
      expect(grown).toBeLessThan(1024 * 1024);
    }
    expect(troubles).toEqual([]);
    await context.close();
  });

  it("weighs less than 100 kB, all of it, as it goes over the wire", async () => {
    const names = await readdir(pageDirectory, { recursive: true });
    const files = names.filter((name) => /\.\w+$/.test(name));
    const sizes = await Promise.all(
      files.map(async (name) => gzipSync(await readFile(join(pageDirectory, name))).byteLength),
    );
    const total = sizes.reduce((sum, size) => sum + size, 0);
    report(`${files.length} files, ${total} bytes with gzip`);
    expect(total).toBeLessThan(100_000);
  });
});
