import { expandMacros, PanelError } from "@tidemark/panels";
import type { Findings } from "../findings.js";
import type { Snapshot } from "../snapshot.js";
import type { AnswerRow, Answers } from "./answer.js";
import { answerFromCheckpoints } from "./checkpoint-answers.js";
import { ObservationAnswers } from "./observation-answers.js";
import { listQueries, type PanelQuery } from "./queries.js";
import { compareRows } from "./row-match.js";
import {
  readCheckpointRows,
  readObservations,
  readVerdicts,
  readWindows,
  type VerdictSize,
  type WindowSize,
} from "./table-rows.js";
import { VerdictAnswers } from "./verdict-answers.js";
import { planViews, readReach, type NamedView, type ViewChoice } from "./views.js";
import { readTopics } from "../topic-of-pipeline.js";
import { WindowAnswers } from "./window-answers.js";

export interface PanelContext {
  readonly snapshot: Snapshot;
  /** The name of the pipeline that the panels are about. */
  readonly pipeline: string;
  readonly topic: string;
  readonly findings: Findings;
  /** Null: the views by default. */
  readonly choice: ViewChoice | null;
  /** Queries that were compared, of so many. Called before each one, and behind the last. */
  readonly onQuery: (done: number, of: number) => void;
}

export interface PanelSummary {
  readonly views: readonly NamedView[];
  /** Rows that were expected and compared in all views, by panel, variable and annotation. */
  readonly compared: Readonly<Record<string, number>>;
}

const windowSizes: readonly WindowSize[] = ["5s", "1m", "1h"];
const verdictSizes: readonly VerdictSize[] = ["1m", "1h"];

/**
 * Runs the query of each panel, variable and annotation in each view, and compares its rows with what the rows of the tables
 * come to by other code. The tables' rows are read once, and none is kept.
 */
export async function comparePanels(context: PanelContext): Promise<PanelSummary> {
  const { snapshot, pipeline, topic, findings, choice, onQuery } = context;
  const queries = listQueries();
  const views = planViews(topic, await readReach(snapshot, { pipeline, topic }), choice);
  const of = views.length * queries.length;
  onQuery(0, of);
  const answers = await recompute(context, views);
  const compared = new Map(queries.map(({ name }) => [name, 0]));
  let done = 0;
  for (const [at, view] of views.entries()) {
    for (const query of queries) {
      onQuery(done, of);
      done += 1;
      const expected = answers[at]?.[query.name];
      if (expected === undefined) throw new TypeError(`There is no second way to the rows of ${query.name}.`);
      compared.set(query.name, (compared.get(query.name) ?? 0) + expected.length);
      const found = await run(snapshot, query, view, findings);
      if (found !== undefined) compareRows(query, view.name, expected, found, findings);
    }
  }
  onQuery(of, of);
  return { views, compared: Object.fromEntries(compared) };
}

async function recompute(
  { snapshot, pipeline, topic }: PanelContext,
  views: readonly NamedView[],
): Promise<readonly Answers[]> {
  const each = views.map((view) => ({
    windows: new WindowAnswers(view),
    verdicts: new VerdictAnswers(view),
    observations: new ObservationAnswers(view),
  }));
  for (const size of windowSizes) {
    await readWindows(snapshot, topic, size, (row) => {
      for (const { windows } of each) windows.take(size, row);
    });
  }
  for (const size of verdictSizes) {
    await readVerdicts(snapshot, topic, size, (row) => {
      for (const { verdicts } of each) verdicts.take(size, row);
    });
  }
  await readObservations(snapshot, { pipeline, topic }, (row) => {
    for (const { observations } of each) observations.take(row);
  });
  const ofCheckpoints = answerFromCheckpoints(
    await readCheckpointRows(snapshot, { pipeline, topic }),
    await readTopics(snapshot, pipeline),
  );
  return each.map(({ windows, verdicts, observations }) => ({
    ...windows.answers(),
    ...verdicts.answers(),
    ...observations.answers(),
    ...ofCheckpoints,
    // Of it nothing is known but that it is there.
    "database-size": [{ size: 1 }],
  }));
}

/** Of Postgres: what it does not understand, and values that it cannot work with. */
const ownFaults = /^(22|42|0A|21)/;

/** Undefined, and a difference, where the query is none that gives the panel's rows. */
async function run(
  snapshot: Snapshot,
  { name, sql, read }: PanelQuery,
  view: NamedView,
  findings: Findings,
): Promise<readonly AnswerRow[] | undefined> {
  // A query that fails leaves the transaction as it was.
  await snapshot.unsafe("SAVEPOINT panel");
  try {
    const rows = read(await snapshot.unsafe(expandMacros(sql, view)));
    await snapshot.unsafe("RELEASE panel");
    return rows;
  } catch (error) {
    if (!(error instanceof Error) || !isOfQuery(error)) throw error;
    await snapshot.unsafe("ROLLBACK TO panel");
    const { message } = error;
    findings.add({ link: "tables-panels", what: "failing-query", table: name, column: null }, () => ({
      partition: null,
      where: view.name,
      expected: "rows",
      found: message,
    }));
    return undefined;
  }
}

function isOfQuery(error: Error): boolean {
  if (error instanceof PanelError) return true;
  return "severity" in error && "code" in error && typeof error.code === "string" && ownFaults.test(error.code);
}
