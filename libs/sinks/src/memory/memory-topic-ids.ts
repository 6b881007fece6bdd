import type { TakenId } from "../checkpoint.js";
import { idKey } from "../ids/id-key.js";
import type { IdEntry } from "../ids/counted-ids.js";
import type { SinkTables } from "../sink-tables.js";
import { createRowTarget } from "./memory-rows.js";
import type { MemoryTables } from "./memory-store.js";

/** As in Postgres, but that nothing is ever forgotten: an id that is free again makes no difference. */
export interface MemoryTopicIds {
  find(partition: number, ids: readonly (string | null)[]): ReadonlyMap<number, number>;
  /** Those that another partition has counted, and that are not free again for this one. */
  findTaken(partition: number, entries: readonly IdEntry[]): readonly TakenId[];
  write(partition: number, entries: readonly IdEntry[]): void;
}

export function createMemoryTopicIds(
  store: MemoryTables,
  { topicIds }: SinkTables,
  topic: string,
): MemoryTopicIds | undefined {
  if (topicIds === undefined) return undefined;
  const { ids } = topicIds;
  const target = createRowTarget(ids);
  const nameOf = (key: string) => JSON.stringify([topic, key]);

  /** Until when another partition than this one has taken the id. */
  function takenUntil(partition: number, key: string): number {
    const row = store.find(ids, nameOf(key));
    return row === undefined || row["partition"] === partition ? -Infinity : Number(row["live_until"]);
  }

  return {
    find: (partition, searched) =>
      new Map(
        [...searched.entries()]
          .map(([at, id]) => [at, id === null ? -Infinity : takenUntil(partition, idKey(id))] as const)
          .filter(([, untilMs]) => untilMs > -Infinity),
      ),
    findTaken: (partition, entries) =>
      entries.flatMap(({ key, offset, watermarkMs }) => {
        const liveUntilMs = takenUntil(partition, key);
        return liveUntilMs > watermarkMs ? [{ offset, liveUntilMs }] : [];
      }),
    write(partition, entries) {
      for (const { key, liveUntilMs } of entries) {
        const [row] = target.store([{ id: key, live_until: liveUntilMs }], { topic, partition });
        if (row !== undefined) store.put(ids, nameOf(key), row);
      }
    },
  };
}
