import { describeLoss } from "./errors.js";
import { phrases, type CountedKind, type Difference, type Kind, type Link } from "./findings.js";
import type { Verdict } from "./verdict.js";

const links = {
  "scenario-log": "scenario -> log",
  "log-tables": "log -> tables",
  "tables-panels": "tables -> panels",
} as const satisfies Readonly<Record<Link, string>>;
const number = new Intl.NumberFormat("en-US");

/** What was compared and what differs, for people, in lines of at most `width` columns where words allow it. */
export function formatVerdict(verdict: Verdict, width: number): string {
  const { topic, partitions, definition, counts, differences, equal } = verdict;
  const { hash, watermarkDelayMs, allowedLatenessMs, maxFutureSkewMs } = definition;
  const head =
    `Topic ${topic}: ${count(partitions, "partition")}, ${count(verdict.records, "record")} read. Definition ${hash}: ` +
    `watermark delay ${seconds(watermarkDelayMs)}, allowed lateness ${seconds(allowedLatenessMs)}, future skew ${seconds(maxFutureSkewMs)}.`;
  const lines = [...wrap(head, width), "", ...formatLinks(verdict), "", ...wrap(formatLedger(verdict), width)];
  if (verdict.unread > 0) lines.push(`${count(verdict.unread, "offset")} not read yet.`);
  for (const { partition, offset } of verdict.excluded)
    lines.push(`Left out by a decision: offset ${offset} of partition ${partition}.`);
  if (verdict.passedOver !== null) {
    const { closedTo, changeable } = verdict.passedOver;
    const many = `${count(changeable, "window")} of those can still change`;
    lines.push(
      ...wrap(`Quiet partitions were passed over: windows are shown as closed up to ${closedTo}; ${many}.`, width),
    );
  }
  if (verdict.sharedIds > 0)
    lines.push(
      ...wrap(
        `${count(verdict.sharedIds, "id")} ${verdict.sharedIds === 1 ? "was" : "were"} counted in more than one partition, once in each: ids are unique in each ` +
          'partition alone by this definition, and over the topic with idScope "topic" (ID_SCOPE=topic).',
        width,
      ),
    );
  const ofTopics = verdict.topics > 1 ? `, of all ${number.format(verdict.topics)} topics` : "";
  for (const { table, completeFrom, leftOut, droppedRows } of verdict.retention) {
    const note =
      `Retention: ${table} was compared from ${completeFrom} on. Left out: ${count(leftOut, "row")} that the log ` +
      `has before that; dropped${ofTopics}: ${number.format(droppedRows)}.`;
    lines.push(...wrap(note, width));
  }
  for (const one of verdict.unproven) {
    const loss = describeLoss(topic, one.partition, one);
    lines.push(...wrap(`${loss} The outcomes of later records depend on those: its rows were not compared.`, width));
  }
  lines.push("");
  const from = verdict.comparedFrom === null ? "" : ` from ${verdict.comparedFrom.slice(0, "2024-02-03".length)} on`;
  if (equal) return [...lines, `Equal${from}.`].join("\n");
  if (counts.length === 0) return [...lines, ...wrap(formatUnproven(verdict), width)].join("\n");
  const all = counts.reduce((sum, kind) => sum + kind.count, 0);
  lines.push(...counts.flatMap((kind) => wrap(`  ${nameKind(kind)}`, width, 4)), "");
  const isAll = differences.length === all;
  lines.push(isAll ? "In full:" : `${number.format(differences.length)} of them in full:`);
  lines.push(...differences.flatMap((difference) => ["", ...formatDifference(difference, width)]));
  const broken = new Set(counts.map(({ link }) => links[link]));
  const verdictLine = `Different: ${count(all, "difference")}. The chain breaks at ${[...broken].join(" and at ")}.`;
  return [...lines, "", ...wrap(verdictLine, width)].join("\n");
}

function formatUnproven({ unproven, partitions }: Verdict): string {
  if (unproven.length === partitions) return "Not proven: the log of no partition is whole.";
  const verb = unproven.length === 1 ? "was" : "were";
  return `Not proven: ${number.format(unproven.length)} of ${count(partitions, "partition")} ${verb} not compared. All others are equal.`;
}

function formatLinks({ pipeline, events, compared, views, panels, counts }: Verdict): string[] {
  const rowsOf = (link: Link, rows: Readonly<Record<string, number>>, width: number) =>
    Object.entries(rows).map(([name, many]) => {
      const kinds = counts.filter((kind) => kind.link === link && (kind.table === name || kind.table === null));
      return formatRow(name.padEnd(width), many, kinds);
    });
  const scenario = events === null ? [] : [links["scenario-log"], ...rowsOf("scenario-log", { events }, 22), ""];
  return [
    ...scenario,
    links["log-tables"],
    ...rowsOf("log-tables", compared, 22),
    "",
    ...(views.length === 0
      ? [`${links["tables-panels"]}: the pipeline ${pipeline} has no panels`]
      : [`${links["tables-panels"]}, ${count(views.length, "view")}`, ...rowsOf("tables-panels", panels, 31)]),
  ];
}

function formatRow(name: string, rows: number, kinds: readonly CountedKind[]): string {
  const differences = kinds.reduce((sum, kind) => sum + kind.count, 0);
  const result = differences === 0 ? "equal" : count(differences, "difference");
  return `  ${name} ${number.format(rows).padStart(13)}  ${result}`;
}

function formatLedger({ ledger: { read, skipped, ...parts } }: Verdict): string {
  const named = Object.entries(parts).filter(([name, value]) => name === "counted" || value > 0);
  const sum = named.map(([name, value]) => `${name} ${number.format(value)}`).join(" + ");
  const beside = skipped > 0 ? ` Offsets without a record: ${number.format(skipped)}.` : "";
  return `By the log: read ${number.format(read)} = ${sum}.${beside}`;
}

/** `socmed_5s.conversion_rate_sum: 3 wrong values`. */
function nameKind({ count: many, ...kind }: CountedKind): string {
  return `${placeOf(kind)}: ${number.format(many)} ${phrases[kind.what][many === 1 ? 0 : 1]}`;
}

const placeOf = ({ link, table, column }: Kind) =>
  table === null ? (link === "scenario-log" ? "log" : "tables") : column === null ? table : `${table}.${column}`;

function formatDifference(difference: Difference, width: number): string[] {
  const { partition, where, what } = difference;
  const [expected, found] = cutAlike(escape(difference.expected), escape(difference.found));
  const ofPartition = partition === null ? "" : `, partition ${partition}`;
  return [
    ...wrap(`  ${placeOf(difference)}${ofPartition}, ${escape(where)}: ${phrases[what][0]}`, width, 4),
    ...wrap(`    expected  ${expected}`, width, 14),
    ...wrap(`    found     ${found}`, width, 14),
  ];
}

/** What would break the line, or not be seen in it. */
function escape(text: string): string {
  return text.replaceAll(
    /[\p{C}\u2028\u2029]/gu,
    (character) => `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, "0")}`,
  );
}

const shownLength = 400;
/** What is shown of long texts before they differ. */
const contextLength = 40;

/** Both from the same place on, so that the first character that differs is seen. */
function cutAlike(one: string, other: string): [string, string] {
  let at = 0;
  while (at < one.length && one[at] === other[at]) at += 1;
  const from = Math.max(one.length, other.length) <= shownLength ? 0 : Math.max(0, at - contextLength);
  const cut = (text: string) =>
    `${from > 0 ? "…" : ""}${text.slice(from, from + shownLength)}${text.length > from + shownLength ? "…" : ""}`;
  return [cut(one), cut(other)];
}

function count(many: number, noun: string): string {
  return `${number.format(many)} ${noun}${many === 1 ? "" : "s"}`;
}

const seconds = (ms: number) => `${number.format(ms / 1000)} s`;

/** Breaks at blanks, and a word that is longer than a line where the line ends; further lines are indented. */
function wrap(text: string, width: number, indent = 0): string[] {
  const lines: string[] = [];
  let rest = text;
  while (rest.length > width) {
    const blank = rest.lastIndexOf(" ", width);
    const end = blank > indent ? blank : width;
    lines.push(rest.slice(0, end));
    rest = " ".repeat(indent) + rest.slice(end).trimStart();
  }
  return [...lines, rest];
}
