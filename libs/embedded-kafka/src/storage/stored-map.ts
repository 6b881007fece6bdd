import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { EmbeddedKafkaError, systemErrorCode } from "../errors.js";

/**
 * A small map in a JSON file, which every change writes anew and puts in place whole: a killed process leaves the old
 * one or the new one. Throws EmbeddedKafkaError "directory-unusable" where the file is none of its own.
 */
export function openStoredMap<V>(path: string, isValue: (value: unknown) => value is V) {
  let entries: ReadonlyMap<string, V> = new Map(readEntries(path, isValue));

  /** On disk when it returns; where the write fails it throws, and nothing has changed. */
  function store(changed: ReadonlyMap<string, V>): void {
    writeFileSync(`${path}.new`, JSON.stringify(Object.fromEntries(changed)), { mode: 0o600 });
    renameSync(`${path}.new`, path);
    entries = changed;
  }

  return {
    entries: (): ReadonlyMap<string, V> => entries,
    get: (key: string): V | undefined => entries.get(key),
    set: (key: string, value: V): void => store(new Map(entries).set(key, value)),
    delete: (...keys: readonly string[]): void => store(new Map([...entries].filter(([key]) => !keys.includes(key)))),
  };
}

function readEntries<V>(path: string, isValue: (value: unknown) => value is V): [string, V][] {
  try {
    return Object.entries(JSON.parse(readFileSync(path, "utf8"))).map(([key, value]) => {
      if (!isValue(value)) throw new SyntaxError(`what stands at ${key}`);
      return [key, value];
    });
  } catch (cause) {
    if (systemErrorCode(cause) === "ENOENT") return [];
    if (systemErrorCode(cause) !== null) throw cause;
    const message = `${path} was not written by this broker: use another data directory.`;
    throw new EmbeddedKafkaError("directory-unusable", message, { cause });
  }
}
