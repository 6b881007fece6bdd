import type { Edit } from "@tidemark/pipeline-copy";

/** Mistakes that nothing shows as long as nothing fails. */
export const mistakes: readonly (Edit & { readonly name: string })[] = [
  {
    name: "no fence: a commit is let in whoever owns the partition by now",
    file: "libs/sinks/src/postgres/commit.ts",
    find: "WHERE topic = $1 AND partition = $2 AND epoch = $3 AND next_offset = $4",
    replace: "WHERE topic = $1 AND partition = $2 AND $3::int8 IS NOT NULL AND $4::int8 IS NOT NULL",
  },
  {
    name: "the offset before the data: what is copied is another transaction",
    file: "libs/sinks/src/postgres/commit.ts",
    find: 'if (fence.at(-1) !== "UPDATE 1") throw fenced(topic, claim.partition, claim.epoch);',
    replace: `if (fence.at(-1) !== "UPDATE 1") throw fenced(topic, claim.partition, claim.epoch);
      await client.query("COMMIT; BEGIN");`,
  },
];
