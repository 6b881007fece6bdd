import { openStoredMap } from "../storage/stored-map.js";

export interface CommittedOffset {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly metadata: string | null;
}

export type OffsetStore = ReturnType<typeof openOffsetStore>;

/** What groups committed, on disk. It never expires. What throws where the disk does has changed nothing. */
export function openOffsetStore(path: string) {
  const stored = openStoredMap(path, isOffsets);
  const get = (groupId: string): readonly CommittedOffset[] => stored.get(groupId) ?? [];

  return {
    groups: (): readonly string[] => [...stored.entries().keys()],
    get,
    /** Replaces what the group had for these partitions. */
    commit(groupId: string, offsets: readonly CommittedOffset[]): void {
      const all = [...get(groupId), ...offsets].map((each) => [`${each.topic}/${each.partition}`, each] as const);
      stored.set(groupId, [...new Map(all).values()]);
    },
    /** Forgets a topic in all groups: one of the same name begins anew. */
    deleteTopic(topic: string): void {
      for (const [groupId, offsets] of stored.entries()) {
        const kept = offsets.filter((each) => each.topic !== topic);
        if (kept.length < offsets.length) stored.set(groupId, kept);
      }
    },
  };
}

function isOffsets(value: unknown): value is readonly CommittedOffset[] {
  return Array.isArray(value);
}
