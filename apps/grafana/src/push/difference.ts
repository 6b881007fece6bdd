/** What Grafana keeps of its own in a dashboard that it was sent. */
const ofGrafana: ReadonlySet<string> = new Set(["id", "version", "iteration", "schemaVersion"]);
const ofGrafanaAnywhere: ReadonlySet<string> = new Set(["pluginVersion"]);

const shownLength = 60;

/**
 * Where JSON that Grafana holds differs from ours, one line each: `panels[3].title: "Sales" -> "Total sales"`. What one of
 * them lacks is equal to what is empty in the other (null, false, "", [], {}), since Grafana fills in and leaves out such.
 */
export function listDifferences(theirs: unknown, ours: unknown): string[] {
  if (!isObject(theirs) || !isObject(ours)) return compare("", theirs, ours);
  return compareObjects("", omit(theirs, ofGrafana), omit(ours, ofGrafana));
}

function compare(path: string, theirs: unknown, ours: unknown): string[] {
  if (Array.isArray(theirs) && Array.isArray(ours)) {
    const length = Math.max(theirs.length, ours.length);
    return Array.from({ length }).flatMap((_, index) => compare(`${path}[${index}]`, theirs[index], ours[index]));
  }
  if (isObject(theirs) && isObject(ours)) return compareObjects(path, theirs, ours);
  if (theirs === ours || (isEmpty(theirs) && isEmpty(ours))) return [];
  return [`${path}: ${show(theirs)} -> ${show(ours)}`];
}

type Json = Readonly<Record<string, unknown>>;

function compareObjects(path: string, theirs: Json, ours: Json): string[] {
  const keys = [...new Set([...Object.keys(theirs), ...Object.keys(ours)])].toSorted();
  return keys
    .filter((key) => !ofGrafanaAnywhere.has(key))
    .flatMap((key) => compare(path === "" ? key : `${path}.${key}`, theirs[key], ours[key]));
}

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null || value === false || value === "") return true;
  return typeof value === "object" && Object.keys(value).length === 0;
}

function omit(object: Json, names: ReadonlySet<string>): Json {
  return Object.fromEntries(Object.entries(object).filter(([name]) => !names.has(name)));
}

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? "nothing";
  return text.length > shownLength ? `${text.slice(0, shownLength)}…` : text;
}
