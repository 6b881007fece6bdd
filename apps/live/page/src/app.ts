import type { Choice, Dashboards, Pulse, ServerEvents } from "../../src/protocol.js";
import { createBanner } from "./banner.js";
import { readChoice, rangeTitles, writeChoice } from "./choice.js";
import { ServerClock } from "./clock.js";
import { judgeCondition } from "./condition.js";
import { followInPlace } from "./controls/choice-link.js";
import { createNameFilter } from "./controls/name-filter.js";
import { createRangePicker } from "./controls/range-picker.js";
import { createStatus } from "./controls/status.js";
import { createTabs } from "./controls/tabs.js";
import { createThemeSwitch } from "./controls/theme-switch.js";
import { createElement, setAttribute, setChildren, setText } from "./element.js";
import { createFooter } from "./footer.js";
import { describeChange, readLook, storeLook } from "./last-look.js";
import { createPerformance } from "./layout/performance.js";
import { createPipeline } from "./layout/pipeline.js";
import { createPlainTab } from "./layout/plain.js";
import { createNotice, widerRange, type Notice, type NoticeView } from "./notice.js";
import { PlatformColours } from "./platform-colours.js";
import { textOf } from "./row.js";
import { mergePanels, Panels, type Shown, type View } from "./shown.js";
import { createStream, type Connection } from "./stream.js";
import { formatTime } from "./times.js";

const performanceTab = "social-media-performance";

const layouts: Readonly<Record<string, typeof createPlainTab>> = {
  [performanceTab]: createPerformance,
  "pipeline-health": createPipeline,
};

/** Nobody looks at a hidden page: after so long it lets go of its stream, in ms. */
const hiddenForMs = 10_000;

/** The page: what is chosen, what the stream says, and what is shown of it. One way: events in, document out. */
export function createApp({ topic, dashboards }: Dashboards): void {
  const tabIds = dashboards.map(({ id }) => id);
  const clock = new ServerClock();
  const colours = new PlatformColours();
  const views = new Map<string, View>();
  let choice = readChoice(location.search, tabIds);
  let names: ServerEvents["names"] = { cities: [], platforms: [] };
  let connection: Connection = "connecting";
  let refusal: string | undefined;
  let look = readLook(topic);
  let shown: Shown | undefined;
  let hiding: ReturnType<typeof setTimeout> | undefined;
  /** Nobody looks, and the stream is let go of. */
  let isPaused = false;
  let pulse: Pulse | undefined;
  let notice: { readonly of: string; readonly view: NoticeView } | undefined;

  const tabs = createTabs(dashboards, choose);
  const ranges = createRangePicker((range) => choose({ range }));
  const cities = createNameFilter("City", (chosen) => choose({ cities: chosen }));
  const platforms = createNameFilter(
    "Platform",
    (chosen) => choose({ platforms: chosen }),
    (swatch, name) => colours.paint(swatch, name),
  );
  const status = createStatus();
  const banner = createBanner();
  const footer = createFooter(topic);
  const title = createElement("h1");
  const span = createElement("p", { class: "span" });
  const since = createElement("p", { class: "since" });
  const line = createElement("div", { class: "headline" }, title, span, since, banner.element);
  const stage = createElement("div", { class: "stage", "data-state": "waiting" });
  for (const [id, children] of Object.entries({
    tabs: tabs.elements,
    controls: [status.element, ranges.element, cities.element, platforms.element, createThemeSwitch()],
    main: [line, stage],
    footer: footer.elements,
  })) {
    document.getElementById(id)?.replaceChildren(...children);
  }

  const [firstTab = choice.tab] = tabIds;
  const brand = document.querySelector<HTMLAnchorElement>("a.brand");
  if (brand !== null) followInPlace(brand, () => choose({ tab: firstTab }));

  const stream = createStream({
    connection(next, why) {
      connection = next;
      refusal = why;
      showState();
    },
    events: {
      names(event) {
        names = event;
        colours.meet(event.platforms);
        showControls();
      },
      panels(event) {
        shown = mergePanels(shown ?? blankOf(choice), event);
        colours.meet(platformsOf(shown.rows));
        showPanels();
      },
      pulse(event) {
        const isNews = isOther(pulse, event);
        pulse = event;
        clock.hear(event.nowMs);
        if (isNews) showPanels();
        showState();
      },
    },
  });

  function blankOf({ range }: Choice): Shown {
    return { range, fromMs: 0, toMs: 1, intervalMs: 1000, rows: {}, before: {}, pulse, lastLookMs: undefined };
  }

  function choose(change: Partial<Choice>): void {
    if (!moveTo({ ...choice, ...change })) return;
    history.pushState(null, "", writeChoice(choice));
    follow();
  }

  /** Whether that is elsewhere. */
  function moveTo(next: Choice): boolean {
    const isElsewhere = writeChoice(next) !== writeChoice(choice);
    choice = next;
    return isElsewhere;
  }

  function follow(): void {
    shown = undefined;
    showControls();
    if (!isPaused) stream.open(writeChoice(choice));
  }

  function showControls(): void {
    tabs.show(choice);
    if (brand !== null) setAttribute(brand, "href", writeChoice({ ...choice, tab: firstTab }));
    ranges.show(choice.range);
    cities.show(names.cities, choice.cities);
    platforms.show(names.platforms, choice.platforms);
    const isFiltered = choice.tab === performanceTab;
    cities.element.hidden = !isFiltered;
    platforms.element.hidden = !isFiltered;
    const tab = dashboards.find(({ id }) => id === choice.tab);
    setText(title, tab?.title ?? "");
    document.title = `${tab?.title ?? ""} · Tidemark`;
  }

  function viewOf(tab: string): View {
    const known = views.get(tab);
    if (known !== undefined) return known;
    const dashboard = dashboards.find(({ id }) => id === tab);
    if (dashboard === undefined) throw new Error(`There is no dashboard ${tab}.`);
    const layout = layouts[tab] ?? createPlainTab;
    const view = layout(new Panels(dashboard), { colours, nowMs: () => clock.nowMs });
    views.set(tab, view);
    return view;
  }

  function showPanels(): void {
    const reason = noticeOf();
    if (reason === undefined && shown === undefined) return;
    if (reason === undefined && shown !== undefined) {
      const view = viewOf(choice.tab);
      setChildren(stage, [view.element]);
      view.show({ ...shown, pulse, lastLookMs: look?.atMs });
      setText(span, describeSpan(shown));
      setAttribute(stage, "data-from", String(shown.fromMs));
      setAttribute(stage, "data-to", String(shown.toMs));
    } else if (reason !== undefined) showNotice(reason);
    stage.dataset["state"] = "shown";
  }

  /** Made anew only where it says something else: who is on one of its buttons stays there. */
  function showNotice(reason: Notice): void {
    const of = JSON.stringify(reason);
    if (notice?.of !== of) notice = { of, view: createNotice(reason, choose) };
    notice.view.showNewest(pulse?.newestEventMs ?? null);
    setChildren(stage, [notice.view.element]);
  }

  /** Why there is nothing to see, where that is so of all panels. */
  function noticeOf(): Notice | undefined {
    if (pulse === undefined) return undefined;
    if (pulse.committedMs === null) return pulse.database === "up" ? { kind: "no-data" } : undefined;
    const isEmpty = shown !== undefined && Object.values(shown.rows).every((rows) => rows.length === 0);
    if (choice.tab !== performanceTab || !isEmpty) return undefined;
    return { kind: "nothing-chosen", choice, wider: widerRange(pulse) };
  }

  function showState(): void {
    const committedMs = pulse?.committedMs ?? null;
    const ageMs = committedMs === null ? null : Math.max(0, clock.nowMs - committedMs);
    const condition = judgeCondition(connection, pulse, ageMs);
    status.show(condition, ageMs, committedMs);
    banner.show(condition, ageMs, refusal);
    footer.show(pulse);
    setText(since, describeChange(look, pulse));
    document.body.dataset["condition"] = condition;
  }

  function heedVisibility(): void {
    clearTimeout(hiding);
    if (document.visibilityState === "hidden") {
      if (pulse?.ledger) storeLook(topic, { atMs: clock.nowMs, ledger: pulse.ledger });
      hiding = setTimeout(() => {
        isPaused = true;
        stream.pause();
      }, hiddenForMs);
      return;
    }
    look = readLook(topic);
    if (isPaused) stream.open(writeChoice(choice));
    isPaused = false;
  }
  document.addEventListener("visibilitychange", heedVisibility);
  addEventListener("popstate", () => {
    // Also told where only the fragment is another one.
    if (moveTo(readChoice(location.search, tabIds))) follow();
  });
  // The age of the data goes on while nothing comes.
  setInterval(showState, 1000);
  follow();
  // A tab that is opened in the background is hidden from the start.
  heedVisibility();
}

function describeSpan({ range, fromMs, toMs }: Shown): string {
  const from = formatTime(fromMs, toMs);
  if (range === "all") return `${from} to ${formatTime(toMs, 0)}`;
  return `${rangeTitles[range].long}, ${from} to ${formatTime(toMs, fromMs)}`;
}

/** Whether a pulse says anything that panels show. The clock goes on with each. */
function isOther(before: Pulse | undefined, now: Pulse): boolean {
  const keys = ["committedMs", "newestEventMs", "watermarkMs", "database"] as const;
  return keys.some((key) => before?.[key] !== now[key]);
}

/** All at once, so that paints do not depend on which panel is drawn first. */
function platformsOf(rows: ServerEvents["panels"]["rows"]): string[] {
  return [...new Set(Object.values(rows).flatMap((of) => of.map((row) => textOf(row, "platform"))))].filter(
    (name) => name !== "",
  );
}
