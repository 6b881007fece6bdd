import axe from "axe-core";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { describeInBrowser, startBrowser, waitForFigures, type TestBrowser } from "./browser.js";
import { startPageServer, type Answer, type PageServer } from "./page-server.js";
import { answerWith, sampleDashboards, samplePanels, samplePulse, withoutRows } from "./sample.js";

/** What axe finds, as `rule: selector`. Its script comes by the debugger: the page's own policy would not let it in. */
async function findViolations(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  return page.evaluate(async () => {
    const { axe: loaded } = window as unknown as { axe: typeof axe };
    const { violations } = await loaded.run(document, { resultTypes: ["violations"] });
    return violations.flatMap(({ id, nodes }) =>
      nodes.map(({ target, failureSummary }) => `${id}: ${target.join(" ")} ${failureSummary}`),
    );
  });
}

describeInBrowser("the page, for who does not see it well", () => {
  let browser: TestBrowser;
  let server: PageServer;
  let answer: Answer = answerWith();
  beforeAll(async () => {
    browser = await startBrowser();
    server = await startPageServer(sampleDashboards, (query) => answer(query));
  });
  afterAll(async () => {
    await browser?.close();
    await server?.stop();
  });

  const views = ["social-media-performance", "pipeline-health"].flatMap((tab) =>
    (["light", "dark"] as const).flatMap((theme) => [390, 1440].map((width) => ({ tab, theme, width }))),
  );

  it.each(views)("has nothing for axe to find: $tab, $theme, $width px", async ({ tab, theme, width }) => {
    const { page, context, troubles } = await browser.openPage({
      colorScheme: theme,
      viewport: { width, height: 900 },
    });
    await page.goto(`${server.url}/?tab=${tab}`);
    await waitForFigures(page);
    expect(await findViolations(page)).toEqual([]);
    expect(troubles).toEqual([]);
    await context.close();
  });

  describe("in its other states", () => {
    it.each(["light", "dark"] as const)("has nothing for axe to find either: %s", async (colorScheme) => {
      const { page, context } = await browser.openPage({ colorScheme });
      await page.goto(server.url);
      await waitForFigures(page);
      server.send({ pulse: samplePulse(100, { committedMs: samplePulse(0).committedMs }) });
      await page.locator('.banner[data-shown="stopped"]').waitFor();
      await page.locator(".usage .as-table summary").click();
      expect(await findViolations(page)).toEqual([]);
      await page.locator(".rates .about summary").click();
      expect(await findViolations(page)).toEqual([]);
      await page.locator("summary", { hasText: "Platform:" }).click();
      expect(await findViolations(page)).toEqual([]);
      answer = (query) => ({ pulse: samplePulse(0), panels: withoutRows(samplePanels(query.get("tab") ?? "", 0)) });
      await page.reload();
      await page.locator(".notice").waitFor();
      expect(await findViolations(page)).toEqual([]);
      answer = answerWith();
      await context.close();
    });
  });

  it("has no region that is read out with every update but the banner's one sentence", async () => {
    const { page, context } = await browser.openPage();
    await page.goto(server.url);
    await waitForFigures(page);
    const live = await page.locator('[aria-live], [role="status"], [role="alert"], [role="log"]').all();
    expect(live.length).toBe(1);
    await page.evaluate(() => {
      const status = document.querySelector('[role="status"]');
      if (status === null) throw new Error("There is no status.");
      new MutationObserver(() => document.body.setAttribute("data-spoken", "yes")).observe(status, {
        childList: true,
        characterData: true,
        subtree: true,
      });
    });
    for (let step = 1; step <= 20; step += 1) {
      server.send({ panels: samplePanels("social-media-performance", step), pulse: samplePulse(step) });
    }
    const { usage } = samplePanels("social-media-performance", 20).rows["total-usage"]?.[0] ?? {};
    await page.locator(`[data-panel="total-usage"] [data-value="${usage}"]`).waitFor();
    expect(await page.locator("body").getAttribute("data-spoken")).toBeNull();
    await context.close();
  });

  it("does not move by itself where less motion is asked for", async () => {
    const { page, context } = await browser.openPage({ reducedMotion: "reduce" });
    await page.goto(server.url);
    await waitForFigures(page);
    server.send({ panels: samplePanels("social-media-performance", 1), pulse: samplePulse(1) });
    expect(await page.evaluate(() => document.getAnimations().length)).toBe(0);
    await context.close();
  });
});
