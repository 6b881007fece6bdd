import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { startUnderTest, type LiveUnderTest } from "../live-under-test.js";
import { openPartition, type PartitionWriter } from "../partition-writer.js";
import { startServers, type TestServers } from "../servers.js";
import { describeInBrowser, report, startBrowser, waitForFigures, type TestBrowser } from "./browser.js";

const samples = 40;
/** All of them are of one window, whose figures each commit replaces. */
const atMs = Date.now() - 60_000;

describeInBrowser("a commit, on its way to the screen", () => {
  let servers: TestServers;
  let browser: TestBrowser;
  let live: LiveUnderTest;
  let writer: PartitionWriter;
  let page: Page;
  beforeAll(async () => {
    servers = await startServers();
    const databaseUrl = await servers.createDatabase();
    writer = await openPartition(databaseUrl);
    await writer.commit({ city: "Bogor", platform: "X", atMs, usage: 1 });
    browser = await startBrowser();
    live = await startUnderTest(databaseUrl);
    ({ page } = await browser.openPage());
    await page.goto(`${live.url}/?range=1h`);
    await waitForFigures(page);
  });
  afterAll(async () => {
    await browser?.close();
    await live?.close();
    await writer?.close();
    await servers?.close();
  });

  it("comes without a reload; how long that takes is reported, and not judged", async () => {
    // By the browser's clock, which is this machine's, when the frame that shows the value was drawn.
    const shownAt = (usage: number) =>
      page.evaluate(
        (value) =>
          new Promise<number>((resolve) => {
            const look = () => {
              const found = document.querySelector(`[data-panel="total-usage"] [data-value="${value}"]`);
              if (found === null) requestAnimationFrame(look);
              else requestAnimationFrame(() => resolve(Date.now()));
            };
            look();
          }),
        usage,
      );
    const tookMs: number[] = [];
    for (let usage = 2; usage < 2 + samples; usage += 1) {
      const shown = shownAt(usage);
      await writer.commit({ city: "Bogor", platform: "X", atMs, usage });
      const committedAt = Date.now();
      tookMs.push((await shown) - committedAt);
    }
    tookMs.sort((a, b) => a - b);
    const at = (share: number) => tookMs[Math.floor(share * (samples - 1))];
    report(`commit to screen: median ${at(0.5)} ms, 90th percentile ${at(0.9)} ms, longest ${at(1)} ms`);
    expect(tookMs.length).toBe(samples);
  });
});
