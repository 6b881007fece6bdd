import type { Edit } from "@tidemark/pipeline-copy";

/** Mistakes that nothing shows as long as nothing fails. */
export const mistakes: readonly (Edit & { readonly name: string })[] = [
  {
    name: "no fence: a commit is let in whoever owns the partition by now",
    file: "libs/sinks/src/postgres/commit.ts",
    find: "WHERE pipeline = $1 AND topic = $2 AND partition = $3 AND epoch = $4 AND next_offset = $5",
    replace: "WHERE pipeline = $1 AND topic = $2 AND partition = $3 AND $4::int8 IS NOT NULL AND $5::int8 IS NOT NULL",
  },
  {
    name: "the offset before the data: what is copied is another transaction",
    file: "libs/sinks/src/postgres/commit.ts",
    find: 'if (fence.at(-1) !== "UPDATE 1") throw fenced(topic, claim.partition, claim.epoch);',
    replace: `if (fence.at(-1) !== "UPDATE 1") throw fenced(topic, claim.partition, claim.epoch);
      await client.query("COMMIT; BEGIN");`,
  },
];
