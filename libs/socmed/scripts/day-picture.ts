import { BUCKETS, type Figures, MINUTES_PER_BUCKET } from "./day-figures.js";
import { areaPath, linePath, path, type Plot, rectangle, text, xOf, yOf } from "./svg.js";

const WIDTH = 960;
const HEIGHT = 706;
const LEFT = 64;
const PLOT_WIDTH = 800;

const funnel: Plot = { left: LEFT, top: 124, width: PLOT_WIDTH, height: 210, from: 0, to: 10.5 };
const events: Plot = { left: LEFT, top: 382, width: PLOT_WIDTH, height: 112, from: 0, to: 600 };
const rates = { top: 586, height: 84, left: LEFT, width: 152, gap: 22, from: 25, to: 55 };

// Colours that can be told apart with any kind of sight, per background; text has at least 4.5 : 1.
const platformColours: Readonly<Record<string, readonly [light: string, dark: string]>> = {
  X: ["#ac77fa", "#d1b6f4"],
  Instagram: ["#823b4e", "#e0527d"],
  Facebook: ["#154fac", "#4d6fe3"],
  Telegram: ["#3da38d", "#91e5ca"],
  TikTok: ["#de7c00", "#f2bb3b"],
};
const surface = {
  card: ["#ffffff", "#14171c"],
  line: ["#e4e7ec", "#242932"],
  band: ["#eceef2", "#242932"],
  ink: ["#14171c", "#eceef2"],
  second: ["#5a6472", "#98a2b0"],
} as const;

function coloursOf(theme: 0 | 1): string {
  return [
    `.card{fill:${surface.card[theme]};stroke:${surface.line[theme]}}`,
    `.grid{stroke:${surface.line[theme]}}`,
    `.band{fill:${surface.band[theme]}}`,
    `text{fill:${surface.ink[theme]}}`,
    `.second{fill:${surface.second[theme]}}`,
    `.visitors,.conversions,.pages{stroke:${surface.ink[theme]}}`,
    ...Object.entries(platformColours).map(
      ([name, colours]) => `.line.${name}{stroke:${colours[theme]}}.area.${name}{fill:${colours[theme]}}`,
    ),
  ].join("");
}

/** The picture follows the colour scheme of whoever looks at it, its own background too, so it can be read on any page. */
const styleSheet = [
  'text{font:13px system-ui,-apple-system,"Segoe UI",Helvetica,Arial,sans-serif;font-variant-numeric:tabular-nums}',
  ".title{font-size:20px;font-weight:600}.head{font-weight:600}",
  ".line{fill:none;stroke-width:1.5;stroke-linejoin:round}.visitors{stroke-width:2}.pages{stroke-dasharray:2 2.5}",
  coloursOf(0),
  `@media(prefers-color-scheme:dark){${coloursOf(1)}}`,
].join("\n");

const incidents = [
  { from: 10, to: 11, label: "Campaign: Instagram in Bekasi", anchor: "end", row: 1 },
  { from: 13, to: 13.5, label: "Outage: Facebook", anchor: "start", row: 0 },
  { from: 15, to: 15.5, label: "Spike: Depok", anchor: "start", row: 1 },
  { from: 19, to: 20, label: "Campaign: TikTok in Jakarta", anchor: "start", row: 1 },
] as const;

function drawIncidents(): string[] {
  return incidents.flatMap(({ from, to, label, anchor, row }) => {
    const [left, right] = [xOf(funnel, from), xOf(funnel, to)];
    const top = 90 + row * 20;
    const bottom = events.top + events.height;
    return [
      rectangle(left, top + 6, right - left, bottom - top - 6, "band"),
      anchor === "end" ? text(right, top, label, "", "end") : text(left, top, label),
    ];
  });
}

function drawHours(plot: Plot, every: number): string[] {
  return Array.from({ length: 24 / every + 1 }, (_, at) => {
    const hour = at * every;
    const label = `${String(hour).padStart(2, "0")}:00`;
    const anchor = hour === 0 ? undefined : hour === 24 ? "end" : "middle";
    return text(xOf(plot, hour), plot.top + plot.height + 18, label, "second", anchor);
  });
}

function drawGrid(plot: Plot, ticks: readonly number[], unit: string | null): string[] {
  return ticks.flatMap((tick) => {
    const y = yOf(plot, tick);
    return [
      path(`M${plot.left} ${y.toFixed(1)}h${plot.width}`, "grid"),
      ...(unit === null ? [] : [text(plot.left - 8, y + 4.5, `${tick}${unit}`, "second", "end")]),
    ];
  });
}

type Day = ReadonlyMap<string, Figures>;

function total(day: Day, field: keyof Figures): number[] {
  return Array.from({ length: BUCKETS }, (_, at) => sum([...day.values()].map((figures) => figures[field][at] ?? 0)));
}

function sum(values: readonly number[]): number {
  return values.reduce((all, value) => all + value, 0);
}

function percent(part: readonly number[], whole: readonly number[]): string {
  return ((sum(part) / sum(whole)) * 100).toFixed(1);
}

function drawFunnel(day: Day): string[] {
  const [visitors, conversions, pages] = [
    total(day, "visitors"),
    total(day, "conversions"),
    total(day, "pageVisitors"),
  ];
  const of = (part: readonly number[]) => `${Math.round((sum(part) / sum(visitors)) * 100)} %`;
  // Where the lines are level and far enough from each other.
  const lines = [
    { values: visitors, style: "visitors", label: "Visitors", hour: 9.8, below: -8, anchor: "end" },
    {
      values: conversions,
      style: "conversions",
      label: `Conversions ${of(conversions)}`,
      hour: 9.8,
      below: -8,
      anchor: "end",
    },
    { values: pages, style: "pages", label: `Page visitors ${of(pages)}`, hour: 15.6, below: 17, anchor: "start" },
  ] as const;
  return lines.flatMap(({ values, style, label, hour, below, anchor }) => {
    const millions = values.map((value) => value / 1e6);
    const y = yOf(funnel, millions[Math.floor((hour / 24) * BUCKETS)] ?? 0) + below;
    return [
      path(linePath(funnel, millions), `line ${style}`),
      text(xOf(funnel, hour), y, label, "", anchor === "end" ? anchor : undefined),
    ];
  });
}

function drawEvents(day: Day): string[] {
  const drawn: string[] = [
    text(16, events.top - 14, "Events a minute", "head"),
    ...drawGrid(events, [0, 200, 400, 600], ""),
  ];
  let lower = Array.from({ length: BUCKETS }, () => 0);
  for (const [name, figures] of day) {
    const upper = lower.map((value, at) => value + (figures.events[at] ?? 0) / MINUTES_PER_BUCKET);
    drawn.push(path(areaPath(events, lower, upper), `area ${name}`));
    const middle = ((lower.at(-2) ?? 0) + (upper.at(-2) ?? 0)) / 2;
    drawn.push(text(LEFT + PLOT_WIDTH + 10, yOf(events, middle) + 4.5, name));
    lower = upper;
  }
  return [...drawn, ...drawHours(events, 3)];
}

/** Which incidents show in a platform's own rate. */
const ownIncidents: Readonly<Record<string, (typeof incidents)[number]>> = {
  Instagram: incidents[0],
  Facebook: incidents[1],
  TikTok: incidents[3],
};

function drawRates(day: Day): string[] {
  const drawn: string[] = [
    text(16, rates.top - 42, "Conversion rate: conversions / visitors; in grey, over the whole day", "head"),
  ];
  for (const [at, [name, { visitors, conversions }]] of [...day].entries()) {
    const plot: Plot = { ...rates, left: rates.left + at * (rates.width + rates.gap) };
    const incident = ownIncidents[name];
    if (incident !== undefined) {
      const left = xOf(plot, incident.from);
      drawn.push(rectangle(left, plot.top, xOf(plot, incident.to) - left, plot.height, "band"));
    }
    drawn.push(
      ...drawGrid(plot, [30, 40, 50], at === 0 ? " %" : null),
      path(
        linePath(
          plot,
          visitors.map((count, bucket) => (count === 0 ? null : ((conversions[bucket] ?? 0) / count) * 100)),
        ),
        `line ${name}`,
      ),
      text(plot.left, plot.top - 12, name),
      text(plot.left + plot.width, plot.top - 12, `${percent(conversions, visitors)} %`, "second", "end"),
      ...drawHours(plot, 12),
    );
  }
  return drawn;
}

/** The day as SVG: the same figures give the same bytes. */
export function drawDay(day: Day): string {
  const counted = sum(total(day, "events")).toLocaleString("en-US");
  const visitors = Math.round(sum(total(day, "visitors")) / 1e6);
  const title = "A day of the fake stream";
  const description = [
    `The preset day with seed 1: ${counted} counted events with ${visitors} million visitors, over the 24 hours of a Sunday in Jakarta.`,
    "Visitors are fewest at 3 in the morning and most at 8 in the evening, and page visitors and conversions follow them.",
    "A campaign raises Instagram's conversion rate from 10:00 to 11:00, and another TikTok's from 19:00 to 20:00.",
    "Facebook is out from 13:00 to 13:30, and the other platforms make up for it; Depok's visitors rise from 15:00 to 15:30.",
    "There are 600 events a minute all day.",
  ].join(" ");
  const subtitle = `Preset day, seed 1: ${counted} counted events of a Sunday in Jakarta, with ${visitors} million visitors`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" role="img" aria-labelledby="title description">`,
    `<title id="title">${title}</title>`,
    `<desc id="description">${description}</desc>`,
    `<style>\n${styleSheet}\n</style>`,
    `<rect x="0.5" y="0.5" width="${WIDTH - 1}" height="${HEIGHT - 1}" rx="8" class="card"/>`,
    text(16, 34, title, "title"),
    text(16, 56, subtitle, "second"),
    text(16, funnel.top - 14, "Millions in ten minutes", "head"),
    ...drawIncidents(),
    ...drawGrid(funnel, [0, 2, 4, 6, 8, 10], ""),
    ...drawFunnel(day),
    ...drawEvents(day),
    ...drawRates(day),
    "</svg>",
    "",
  ].join("\n");
}
