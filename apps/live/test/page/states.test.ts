import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import { describeInBrowser, startBrowser, waitForFigures, type TestBrowser, type TestPage } from "./browser.js";
import { startPageServer, type Answer, type PageServer } from "./page-server.js";
import { answerWith, sampleDashboards, sampleNames, samplePanels, samplePulse, withoutRows } from "./sample.js";

describeInBrowser("the page, whatever state the stream is in", () => {
  let browser: TestBrowser;
  let server: PageServer;
  let opened: TestPage;
  let answer: Answer;
  beforeAll(async () => {
    browser = await startBrowser();
    server = await startPageServer(sampleDashboards, (query) => answer(query));
  });
  afterAll(async () => {
    await browser?.close();
    await server?.stop();
  });
  beforeEach(async () => {
    answer = answerWith();
    opened = await browser.openPage();
  });
  afterEach(() => opened.context.close());

  async function open(query = "") {
    const { page } = opened;
    await page.goto(`${server.url}/${query}`);
    await waitForFigures(page);
    return page;
  }

  it("shows how old the data is, and no banner, while all is well", async () => {
    const page = await open();
    expect(await page.locator(".status").getAttribute("data-condition")).toBe("live");
    expect(await page.locator(".status").textContent()).toMatch(/^live, \d s$/);
    expect(await page.locator(".banner").isVisible()).toBe(false);
    expect(opened.troubles).toEqual([]);
  });

  it("says what to start where there is no data yet, and goes on by itself", async () => {
    const pulse = samplePulse(0, {
      committedMs: null,
      newestEventMs: null,
      watermarkMs: null,
      heldBy: [],
      ledger: null,
    });
    answer = (query) => ({
      names: { cities: [], platforms: [] },
      pulse,
      panels: withoutRows(samplePanels(query.get("tab") ?? "", 0)),
    });
    const page = await open();
    const notice = page.locator(".notice");
    expect(await notice.locator("h2").textContent()).toBe("No data yet");
    expect(await notice.textContent()).toContain("npm start");
    expect(await notice.textContent()).toContain("nx run producer:serve");
    expect(await notice.textContent()).toContain("nx run consumer:serve");
    server.send({ names: sampleNames, panels: samplePanels("social-media-performance", 1), pulse: samplePulse(1) });
    await page.locator('[data-panel="total-usage"]').waitFor();
    expect(await notice.count()).toBe(0);
  });

  it("says why the filters leave nothing, and how to see something", async () => {
    const newestEventMs = samplePulse(0).nowMs - 7_200_000;
    answer = (query) => {
      const isAll = !query.has("city") && query.get("range") !== "5m";
      const panels = samplePanels(query.get("tab") ?? "", 0);
      return {
        names: sampleNames,
        pulse: samplePulse(0, { newestEventMs }),
        panels: isAll ? panels : withoutRows(panels),
      };
    };
    const page = await open("?city=Jakarta&platform=X");
    expect(await page.locator(".notice h2").textContent()).toBe("No events of Jakarta on X in the last 5 min");
    await page.getByRole("button", { name: "Show the last 24 h" }).click();
    await page.locator(".notice h2", { hasText: "in the last 24 h" }).waitFor();
    await page.getByRole("button", { name: "Show all cities and platforms" }).click();
    await page.locator('[data-panel="total-usage"]').waitFor();
    expect(new URL(page.url()).search).toBe("?tab=social-media-performance&range=24h");
  });

  it("keeps the focus, and what can be pressed, while newer events come elsewhere", async () => {
    const newestEventMs = samplePulse(0).nowMs - 7_200_000;
    answer = (query) => ({
      names: sampleNames,
      pulse: samplePulse(0, { newestEventMs }),
      panels: query.has("city") ? withoutRows(samplePanels(query.get("tab") ?? "", 0)) : samplePanels("", 0),
    });
    const page = await open("?city=Jakarta");
    const notice = page.locator(".notice");
    expect(await notice.textContent()).toContain("The newest event is of 2024-02-03 15:30:00 UTC.");
    const button = page.getByRole("button", { name: "Show all cities and platforms" });
    await button.focus();
    server.send({ pulse: samplePulse(1, { newestEventMs: newestEventMs + 1_000 }) });
    await notice.getByText("The newest event is of 2024-02-03 15:30:01 UTC.").waitFor();
    expect(await button.evaluate((element) => element === document.activeElement)).toBe(true);
    await page.keyboard.press("Enter");
    await expect.poll(() => new URL(page.url()).search).toBe("?tab=social-media-performance&range=5m");
  });

  it("says that the stream has stopped, with the age of the data, until it goes on", async () => {
    const page = await open();
    const figure = page.locator('[data-panel="total-usage"] .figure');
    const before = await figure.getAttribute("data-value");
    server.send({ pulse: samplePulse(100, { committedMs: samplePulse(0).committedMs }) });
    const banner = page.locator('.banner[data-shown="stopped"]');
    await banner.waitFor();
    expect(await banner.textContent()).toContain("The stream has stopped");
    expect(await banner.textContent()).toContain("The newest data is 1 min 40 s old.");
    expect(await figure.getAttribute("data-value")).toBe(before);
    server.send({ panels: samplePanels("social-media-performance", 101), pulse: samplePulse(101) });
    await page.locator('.banner[data-shown="no"]').waitFor({ state: "attached" });
    expect(await figure.getAttribute("data-value")).not.toBe(before);
  });

  it("keeps the figures while Postgres is away, and says so", async () => {
    const page = await open();
    server.send({ pulse: samplePulse(1, { database: "away" }) });
    await page.locator('.banner[data-shown="database-away"]').waitFor();
    expect(await page.locator('[data-panel="total-usage"] .figure').getAttribute("data-value")).not.toBeNull();
    server.send({ pulse: samplePulse(2) });
    await page.locator('.banner[data-shown="no"]').waitFor({ state: "attached" });
  });

  it("stays as it is while its server is stopped, says so, and finds back to it", async () => {
    const page = await open();
    await server.stop();
    await page.locator('.banner[data-shown="server-away"]').waitFor();
    expect(await page.locator('[data-panel="total-usage"] .figure').getAttribute("data-value")).not.toBeNull();
    answer = (query) => ({
      names: sampleNames,
      pulse: samplePulse(50),
      panels: samplePanels(query.get("tab") ?? "", 50),
    });
    await server.start();
    await page.locator('.banner[data-shown="no"]').waitFor({ state: "attached" });
    const { usage } = samplePanels("social-media-performance", 50).rows["total-usage"]?.[0] ?? {};
    await page.locator(`[data-panel="total-usage"] [data-value="${usage}"]`).waitFor();
  });

  it("says what the server refuses, in the server's words", async () => {
    answer = () => ({ refusal: "Too many choices are looked at." });
    const { page } = opened;
    await page.goto(server.url);
    await page.locator(".banner", { hasText: "Too many choices are looked at." }).waitFor();
    expect(await page.locator(".status").getAttribute("data-condition")).toBe("server-away");
    answer = answerWith();
    await waitForFigures(page);
    await page.locator('.banner[data-shown="no"]').waitFor({ state: "attached" });
  });

  it("lets go of its stream while nobody can see it, and says afterwards what has changed", async () => {
    const page = await open();
    await page.clock.install();
    const hide = (state: string) =>
      page.evaluate((value) => {
        Object.defineProperty(document, "visibilityState", { value, configurable: true });
        document.dispatchEvent(new Event("visibilitychange"));
      }, state);
    await hide("hidden");
    await page.clock.runFor(11_000);
    await expect.poll(() => server.viewers).toBe(0);
    answer = (query) => ({
      names: sampleNames,
      pulse: samplePulse(60),
      panels: samplePanels(query.get("tab") ?? "", 60),
    });
    await hide("visible");
    await page.locator(".since", { hasText: "Since your last look" }).waitFor();
    expect(await page.locator(".since").textContent()).toMatch(
      /^Since your last look 1 min (\d s )?ago: 1,320 records more, 120 of them not counted$/,
    );
    expect(server.viewers).toBe(1);
  });

  it("says what has changed since the last look at the same topic only", async () => {
    let step = 0;
    let { topic } = sampleDashboards;
    answer = (query) => ({
      names: sampleNames,
      pulse: samplePulse(step),
      panels: samplePanels(query.get("tab") ?? "", step),
    });
    const page = await open();
    await page.route("**/api/dashboards", (route) => route.fulfill({ json: { ...sampleDashboards, topic } }));
    // A page that is left was looked at until then.
    const sinceOnReload = async () => {
      step += 60;
      await page.reload();
      await page.locator('.status[data-condition="live"]').waitFor();
      return page.locator(".since").textContent();
    };
    expect(await sinceOnReload()).toContain("Since your last look");
    topic = "another-topic";
    expect(await sinceOnReload()).toBe("");
  });

  it("lets go of its stream in a tab that was opened in the background, until somebody looks", async () => {
    const { page } = opened;
    await page.clock.install();
    await page.addInitScript(() => {
      Object.defineProperty(document, "visibilityState", { value: "hidden", configurable: true });
    });
    await page.goto(server.url);
    await waitForFigures(page);
    await expect.poll(() => server.viewers).toBe(1);
    await page.clock.runFor(11_000);
    await expect.poll(() => server.viewers).toBe(0);
    await page.evaluate(() => {
      history.pushState(null, "", "?range=1h");
      history.pushState(null, "", "?range=24h");
      history.back();
    });
    await page.getByRole("radio", { name: "1 h", exact: true, checked: true }).waitFor();
    expect(server.viewers).toBe(0);
    await page.evaluate(() => {
      Object.defineProperty(document, "visibilityState", { value: "visible", configurable: true });
      document.dispatchEvent(new Event("visibilitychange"));
    });
    await expect.poll(() => server.viewers).toBe(1);
  });
});
