import type { Checkpoint, CheckpointLedger, Claim } from "../checkpoint.js";
import { compareDefinitions, hashDefinition } from "../definition.js";
import { brokenLedger, fenced, refusedDefinition, refusedIdentity } from "../errors.js";
import { drawOwner } from "../owner.js";
import type { SinkIdentity } from "../postgres/claim.js";
import { checkpoints, definitions } from "../tables/tidemark.js";
import type { MemoryTables } from "./memory-store.js";

type Row = Omit<typeof checkpoints.$inferSelect, "watermark" | "maxEventTime" | "updatedAt"> & {
  /** Epoch ms; null before the first event. */
  readonly watermark: number | null;
  readonly maxEventTime: number | null;
  readonly updatedAt: number;
};

/** What stands at the head of a claim: the checkpoint row. */
export type ClaimHead = Omit<Claim, "windows" | "ids">;

/** The checkpoint rows of one topic. */
export interface MemoryCheckpoints {
  /** Bumps the epoch. Throws SinkError `refused-…`, or what `check` throws, and bumps nothing then. */
  claim(
    partition: number,
    logStartOffset: number,
    check: (ledger: CheckpointLedger, watermarkMs: number) => void,
  ): ClaimHead;
  /** Throws SinkError `fenced` unless the row stands at `expectedOffset` and the claim's epoch, and writes nothing. */
  prepare(claim: Pick<Claim, "partition" | "epoch">, expectedOffset: number, checkpoint: Checkpoint): () => void;
}

const emptyLedger = {
  read: 0,
  counted: 0,
  duplicate: 0,
  late: 0,
  quarantined: 0,
  rejected: 0,
  refused: 0,
  skipped: 0,
  lost: 0,
};

const finiteOrNull = (ms: number) => (Number.isFinite(ms) ? ms : null);

export function createMemoryCheckpoints(tables: MemoryTables, identity: SinkIdentity): MemoryCheckpoints {
  const { topic, group, clusterId, owner = drawOwner() } = identity;
  const { data: definition } = identity.pipeline;
  const { name: pipeline } = definition;
  const definitionHash = hashDefinition(definition);
  const keyOf = (partition: number) => JSON.stringify([pipeline, topic, partition]);
  const find = (partition: number) => tables.find(checkpoints, keyOf(partition)) as Row | undefined;
  const put = (row: Row) => tables.put(checkpoints, keyOf(row.partition), { ...row });

  function compareIdentity(): void {
    const rows = (tables.stored(checkpoints) as unknown as readonly Row[]).filter((row) => row.pipeline === pipeline);
    for (const stored of rows.filter((row) => row.topic === topic)) {
      const place = { pipeline, topic };
      if (stored.clusterId !== clusterId) throw refusedIdentity("cluster", place, stored.clusterId, clusterId);
      if (stored.group !== group) throw refusedIdentity("group", place, stored.group, group);
    }
    const other = rows.find((row) => row.definitionHash !== definitionHash)?.definitionHash;
    if (other === undefined) return;
    const written = tables.find(definitions, other)?.["definition"];
    throw refusedDefinition(pipeline, compareDefinitions(written, definition));
  }

  return {
    claim(partition, logStartOffset, check) {
      compareIdentity();
      const before = find(partition) ?? {
        pipeline,
        topic,
        partition,
        group,
        clusterId,
        definitionHash,
        startOffset: logStartOffset,
        nextOffset: logStartOffset,
        epoch: 0,
        lastRecord: null,
        owner,
        watermark: null,
        maxEventTime: null,
        ...emptyLedger,
        updatedAt: Date.now(),
      };
      check(before, before.watermark ?? -Infinity);
      const row = { ...before, epoch: before.epoch + 1, owner };
      tables.put(definitions, definitionHash, { hash: definitionHash, definition });
      put(row);
      const { epoch, startOffset, nextOffset, lastRecord, watermark, maxEventTime } = row;
      const { read, counted, duplicate, late, quarantined, rejected, refused, skipped, lost } = row;
      return {
        partition,
        epoch,
        takenFrom: before.owner === owner ? undefined : before.owner,
        startOffset,
        nextOffset,
        lastRecord: lastRecord ?? undefined,
        watermarkMs: watermark ?? -Infinity,
        maxEventTimeMs: maxEventTime ?? -Infinity,
        ledger: { read, counted, duplicate, late, quarantined, rejected, refused, skipped, lost },
      };
    },

    prepare({ partition, epoch }, expectedOffset, { nextOffset, lastRecord, watermarkMs, maxEventTimeMs, ledger }) {
      const row = find(partition);
      if (row?.epoch !== epoch || row.nextOffset !== expectedOffset) throw fenced(topic, partition, epoch);
      const { read, counted, duplicate, late, quarantined, rejected, refused, skipped, lost } = ledger;
      if (read !== counted + duplicate + late + quarantined + rejected + refused) throw brokenLedger("ledger_read");
      if (nextOffset - row.startOffset !== read + skipped + lost) throw brokenLedger("ledger_offsets");
      return () =>
        put({
          ...row,
          ...ledger,
          nextOffset,
          lastRecord: lastRecord ?? null,
          watermark: finiteOrNull(watermarkMs),
          maxEventTime: finiteOrNull(maxEventTimeMs),
          updatedAt: Date.now(),
        });
    },
  };
}
