import { setTimeout as sleep } from "node:timers/promises";
import { socmedData } from "@tidemark/socmed/tables";
import { Client } from "pg";

/** When a reader saw what. */
export interface Visible {
  /** Epoch ms of the first look that showed this offset committed. Throws RangeError where none did. */
  visibleMs(partition: number, offset: number): number;
}

interface Look {
  readonly atMs: number;
  readonly nextOffset: number;
}

const lookEveryMs = 1;

/** Looks at the flagship's checkpoints of a topic on a connection of its own, until they say that `records` were read. */
export async function watchTables(databaseUrl: string, topic: string, records: number): Promise<Visible> {
  const looks = new Map<number, Look[]>();
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    for (let read = 0; read < records; await sleep(lookEveryMs)) {
      const { rows } = await client.query<{ partition: number; next_offset: string; read: string }>({
        name: "look",
        text: "SELECT partition, next_offset, read FROM tidemark.checkpoints WHERE topic = $1 AND pipeline = $2",
        values: [topic, socmedData.name],
      });
      const atMs = performance.timeOrigin + performance.now();
      read = rows.reduce((total, row) => total + Number(row.read), 0);
      for (const row of rows) note(looks, row.partition, { atMs, nextOffset: Number(row.next_offset) });
    }
  } finally {
    await client.end();
  }
  return {
    visibleMs(partition, offset) {
      const look = looks.get(partition)?.find(({ nextOffset }) => nextOffset > offset);
      if (look === undefined) throw new RangeError(`Offset ${offset} of partition ${partition} was never seen.`);
      return look.atMs;
    },
  };
}

/** Keeps the looks that showed something new. */
function note(looks: Map<number, Look[]>, partition: number, look: Look): void {
  const known = looks.get(partition) ?? [];
  looks.set(partition, known);
  if (known.at(-1)?.nextOffset !== look.nextOffset) known.push(look);
}
