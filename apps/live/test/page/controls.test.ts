import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import { describeInBrowser, startBrowser, waitForFigures, type TestBrowser, type TestPage } from "./browser.js";
import { startPageServer, type PageServer } from "./page-server.js";
import { answerWith, sampleDashboards } from "./sample.js";

describeInBrowser("what is chosen on the page", () => {
  let browser: TestBrowser;
  let server: PageServer;
  let opened: TestPage;
  let page: Page;
  const asked: string[] = [];
  beforeAll(async () => {
    browser = await startBrowser();
    server = await startPageServer(sampleDashboards, (query) => {
      asked.push(query.toString());
      return answerWith()(query);
    });
  });
  afterAll(async () => {
    await browser?.close();
    await server?.stop();
  });
  beforeEach(async () => {
    asked.length = 0;
    opened = await browser.openPage();
    page = opened.page;
    await page.goto(server.url);
    await waitForFigures(page);
  });
  afterEach(() => opened.context.close());

  const search = () => new URL(page.url()).search;

  it("stands in its address, survives a reload, and goes back with the browser", async () => {
    await page.getByRole("radio", { name: "1 h" }).check();
    await page.locator("summary", { hasText: "City:" }).click();
    await page.getByRole("checkbox", { name: "Jakarta" }).check();
    await page.getByRole("checkbox", { name: "Bogor" }).check();
    const chosen = "?tab=social-media-performance&range=1h&city=Bogor&city=Jakarta";
    await expect.poll(search).toBe(chosen);
    await page.reload();
    await waitForFigures(page);
    expect(search()).toBe(chosen);
    expect(await page.getByRole("radio", { name: "1 h" }).isChecked()).toBe(true);
    expect(await page.locator("summary", { hasText: "City:" }).textContent()).toBe("City: 2 of 5");
    expect(`?${asked.at(-1)}`).toBe(chosen);
    await page.goBack();
    await page.locator("summary", { hasText: "City: Jakarta" }).waitFor();
    expect(search()).toBe("?tab=social-media-performance&range=1h&city=Jakarta");
  });

  it("is kept on the way to the other tab, whose link works as a link too", async () => {
    await page.getByRole("radio", { name: "24 h" }).check();
    const link = page.getByRole("link", { name: "Pipeline" });
    expect(await link.getAttribute("href")).toBe("?tab=pipeline-health&range=24h");
    await link.click();
    await page.locator('[data-panel="watermarks"]').waitFor();
    expect(search()).toBe("?tab=pipeline-health&range=24h");
    expect(await page.title()).toBe("Pipeline health · Tidemark");
    expect(await page.locator("nav [aria-current]").textContent()).toBe("Pipeline");
  });

  it("is taken as all where an address says it wrongly", async () => {
    await page.goto(`${server.url}/?tab=nothing&range=1y&city=`);
    await waitForFigures(page);
    expect(await page.getByRole("radio", { name: "5 min" }).isChecked()).toBe(true);
    expect(asked.at(-1)).toBe("tab=social-media-performance&range=5m");
  });

  it("is done with the keyboard alone, in the order of the page", async () => {
    const focused = () =>
      page.evaluate(() => {
        const { activeElement: element } = document;
        const label = element?.closest("label")?.textContent;
        return (element?.getAttribute("aria-label") ?? label ?? element?.textContent ?? "")
          .trim()
          .replaceAll(/\s+/g, " ");
      });
    const walk: string[] = [];
    for (let at = 0; at < 9; at += 1) {
      await page.keyboard.press("Tab");
      walk.push(await focused());
    }
    expect(walk).toEqual([
      "Skip to the figures",
      "Tidemark",
      "Performance",
      "Pipeline",
      "5 min",
      "City: all",
      "Platform: all",
      "Switch to the dark theme",
      "?About: Total usage",
    ]);
    for (let at = 0; at < 4; at += 1) await page.keyboard.press("Shift+Tab");
    await page.keyboard.press("ArrowRight");
    await expect.poll(search).toContain("range=1h");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await page.keyboard.press("Tab");
    expect(await focused()).toBe("All");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Space");
    await expect.poll(search).toContain("city=Bekasi");
    await page.keyboard.press("Escape");
    expect(await page.locator(".filter[open]").count()).toBe(0);
    expect(await focused()).toBe("City: Bekasi");
  });

  it("is made all again with the keyboard, from where Escape leads back", async () => {
    await page.goto(`${server.url}/?city=Bogor`);
    await waitForFigures(page);
    const summary = page.locator("summary", { hasText: "City:" });
    const all = page.locator(".filter[open] .all");
    await summary.focus();
    await page.keyboard.press("Enter");
    await all.focus();
    await page.keyboard.press("Enter");
    await page.locator("summary", { hasText: "City: all" }).waitFor();
    expect(await all.evaluate((element) => element === document.activeElement)).toBe(true);
    expect(await all.getAttribute("aria-disabled")).toBe("true");
    const past = await page.evaluate(() => history.length);
    await page.keyboard.press("Enter");
    expect(await page.evaluate(() => history.length)).toBe(past);
    await page.keyboard.press("Escape");
    expect(await page.locator(".filter[open]").count()).toBe(0);
    expect(await summary.evaluate((element) => element === document.activeElement)).toBe(true);
  });

  it("is hidden again by Escape, wherever the focus has gone", async () => {
    const summary = page.locator("summary", { hasText: "Platform:" });
    await summary.click();
    await page.evaluate(() => {
      if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
    });
    await page.keyboard.press("Escape");
    expect(await page.locator(".filter[open]").count()).toBe(0);
    expect(await summary.evaluate((element) => element === document.activeElement)).toBe(true);
  });

  it("is hidden by an Escape that comes as soon as it has opened", async () => {
    const isOpen = await page.evaluate(() => {
      const filter = document.querySelector<HTMLDetailsElement>(".filter");
      filter?.querySelector("summary")?.click();
      return new Promise((resolve) => {
        queueMicrotask(() => {
          document.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape" }));
          resolve(filter?.open);
        });
      });
    });
    expect(isOpen).toBe(false);
  });

  it("is not asked for again where the address changes in its fragment alone", async () => {
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await expect.poll(() => new URL(page.url()).hash).toBe("#main");
    expect(await page.evaluate(() => document.activeElement?.id)).toBe("main");
    await page.getByRole("radio", { name: "1 h", exact: true }).check();
    await expect.poll(() => asked.length).toBeGreaterThan(1);
    expect(asked.map((query) => new URLSearchParams(query).get("range"))).toEqual(["5m", "1h"]);
  });

  it("is kept on the way back to the first tab by the name of the page", async () => {
    await page.goto(`${server.url}/?tab=pipeline-health&range=1h&city=Bogor`);
    await waitForFigures(page);
    const brand = page.getByRole("link", { name: "Tidemark" });
    const first = "?tab=social-media-performance&range=1h&city=Bogor";
    expect(await brand.getAttribute("href")).toBe(first);
    await brand.click();
    await page.locator('[data-panel="total-usage"]').waitFor();
    expect(search()).toBe(first);
  });

  it("shows where the focus is", async () => {
    for (const name of ["Performance", "Pipeline"]) {
      await page.keyboard.press("Tab");
      await page.getByRole("link", { name }).focus();
      await page.keyboard.press("Shift+Tab");
      await page.keyboard.press("Tab");
      const outline = await page.evaluate(() => {
        const { outlineStyle, outlineWidth } = getComputedStyle(document.activeElement ?? document.body);
        return `${outlineStyle} ${outlineWidth}`;
      });
      expect(outline).toBe("solid 2px");
    }
  });

  it("follows the system's theme until another one is chosen, which stays", async () => {
    const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const light = await background();
    await page.emulateMedia({ colorScheme: "dark" });
    const dark = await background();
    expect(dark).not.toBe(light);
    await page.getByRole("button", { name: "Switch to the light theme" }).click();
    expect(await background()).toBe(light);
    await page.reload();
    await waitForFigures(page);
    expect(await background()).toBe(light);
    await page.getByRole("button", { name: "Switch to the dark theme" }).click();
    await page.emulateMedia({ colorScheme: "light" });
    expect(await background()).toBe(light);
  });

  it("leaves no trouble in the console", () => {
    expect(opened.troubles).toEqual([]);
  });
});

describeInBrowser("the chart of the usage", () => {
  let browser: TestBrowser;
  let server: PageServer;
  let page: Page;
  beforeAll(async () => {
    browser = await startBrowser();
    server = await startPageServer(sampleDashboards, answerWith());
    ({ page } = await browser.openPage());
    await page.goto(server.url);
    await waitForFigures(page);
  });
  afterAll(async () => {
    await browser?.close();
    await server?.stop();
  });

  it("shows the values of the point under the pointer", async () => {
    await page.locator(".usage .canvas").hover({ position: { x: 200, y: 100 } });
    const readout = page.locator(".usage .readout");
    await readout.waitFor();
    expect(await readout.locator("p").textContent()).toMatch(/^17:2\d:\d[05]$/);
    expect(await readout.locator(".entry").count()).toBe(5);
    await page.mouse.move(5, 5);
    await readout.waitFor({ state: "hidden" });
  });

  it("is a slider for the keyboard, which says the values", async () => {
    const slider = page.getByRole("slider", { name: "Real-time total usage: point in time" });
    await page.locator(".usage .about summary").focus();
    await page.keyboard.press("Tab");
    expect(await slider.getAttribute("aria-valuetext")).toMatch(/^17:30:00: /);
    await page.keyboard.press("ArrowLeft");
    const text = await slider.getAttribute("aria-valuetext");
    expect(text).toMatch(/^17:29:55: /);
    for (const name of ["Facebook", "Instagram", "Telegram", "TikTok", "X"])
      expect(text).toMatch(new RegExp(`${name} [\\d,]+`));
    await page.keyboard.press("Home");
    expect(await slider.getAttribute("aria-valuenow")).toBe("0");
    await page.locator(".usage .readout").waitFor();
    await page.keyboard.press("Escape");
    await page.locator(".usage .readout").waitFor({ state: "hidden" });
  });

  it("has its numbers as a table too", async () => {
    await page.locator(".usage .as-table summary").click();
    const table = page.getByRole("table", { name: "Real-time total usage" });
    await table.waitFor();
    expect(await table.getByRole("row").count()).toBe(61);
    expect(await table.getByRole("columnheader").allTextContents()).toEqual([
      "Time, UTC",
      "Facebook",
      "Instagram",
      "Telegram",
      "TikTok",
      "X",
    ]);
  });
});
