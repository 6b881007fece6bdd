import { afterAll, beforeAll, expect, it } from "vitest";
import { describeInBrowser, startBrowser, waitForFigures, type TestBrowser, type TestPage } from "./browser.js";
import { startPageServer, type PageServer } from "./page-server.js";
import { answerWith, sampleDashboards } from "./sample.js";

const script = "<script>document.title = 'taken'</script>";
const image = '<img src=x onerror="document.title=1">';
const names = {
  cities: ["Bogor", 'Depok & "Bekasi"', image, script],
  platforms: [
    "Facebook",
    "Instagram",
    "Telegram",
    "TikTok",
    "X",
    "insta'gram",
    "Threads",
    "a platform whose name is too long for any column",
  ],
};

describeInBrowser("names that look like anything but names", () => {
  let browser: TestBrowser;
  let server: PageServer;
  let opened: TestPage;
  const asked: URLSearchParams[] = [];
  beforeAll(async () => {
    browser = await startBrowser();
    server = await startPageServer(sampleDashboards, (query) => {
      asked.push(query);
      return answerWith(names)(query);
    });
    opened = await browser.openPage();
    await opened.page.goto(server.url);
    await waitForFigures(opened.page);
  });
  afterAll(async () => {
    await browser?.close();
    await server?.stop();
  });

  it("are shown as they are, and do nothing", async () => {
    const { page, troubles } = opened;
    const cities = await page.locator(".matrix tbody th").allTextContents();
    expect(cities).toEqual(names.cities);
    const platforms = await page.locator('[data-panel="average-conversion-rate"] tbody th').allTextContents();
    expect(platforms).toEqual(names.platforms);
    expect(await page.locator("main script, main img").count()).toBe(0);
    expect(await page.title()).toBe("Social media performance · Tidemark");
    expect(troubles).toEqual([]);
  });

  it("can be chosen, and come back out of the address", async () => {
    const { page } = opened;
    await page.locator("summary", { hasText: "City:" }).click();
    await page.getByRole("checkbox", { name: script }).check();
    await page.locator("summary", { hasText: "Platform:" }).click();
    await page.getByRole("checkbox", { name: "insta'gram" }).check();
    await expect.poll(() => asked.at(-1)?.get("platform")).toBe("insta'gram");
    expect(asked.at(-1)?.get("city")).toBe(script);
    await page.reload();
    await waitForFigures(page);
    expect(asked.at(-1)?.get("city")).toBe(script);
    await page.locator("summary", { hasText: "City:" }).click();
    expect(await page.getByRole("checkbox", { name: script }).isChecked()).toBe(true);
    await page.getByRole("checkbox", { name: script }).uncheck();
    await page.keyboard.press("Escape");
  });

  it("have paints that differ, though there are more platforms than hues", async () => {
    const paints = await opened.page
      .locator('[data-panel="average-conversion-rate"] tbody .swatch')
      .evaluateAll((swatches) =>
        swatches.map((each) => `${each.getAttribute("data-hue")} ${each.getAttribute("data-dash")}`),
      );
    expect(paints.length).toBe(names.platforms.length);
    expect(new Set(paints).size).toBe(paints.length);
    expect(paints.slice(0, 5)).toEqual(["2 null", "3 null", "4 null", "5 null", "1 null"]);
  });

  it.each([390, 1440])("leave the page as wide as its window: %s px", async (width) => {
    const { page } = opened;
    await page.setViewportSize({ width, height: 900 });
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
  });
});
