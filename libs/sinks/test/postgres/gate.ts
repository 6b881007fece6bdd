import { Client } from "pg";

const lock = 99;

/** Something in the database that waits until it is let through. */
export interface Gate {
  /** The pid of the backend that waits there, once it does. */
  arrival(): Promise<number>;
  open(): Promise<void>;
}

/** Lets whoever fires the trigger that `trigger` describes (`BEFORE … ON … WHEN (…)`) wait until the gate is opened. */
export async function closeGate(databaseUrl: string, trigger: string): Promise<Gate> {
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  await client.query(`CREATE FUNCTION pass_gate() RETURNS trigger LANGUAGE plpgsql
    AS $$ BEGIN PERFORM pg_advisory_xact_lock_shared(${lock}); RETURN NEW; END $$`);
  await client.query(`CREATE TRIGGER gate ${trigger} EXECUTE FUNCTION pass_gate()`);
  await client.query("SELECT pg_advisory_lock($1)", [lock]);
  return {
    async arrival() {
      for (;;) {
        const { rows } = await client.query<{ pid: number }>(
          "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'advisory' AND wait_event_type = 'Lock'",
        );
        if (rows[0] !== undefined) return rows[0].pid;
        await client.query("SELECT pg_sleep(0.01)");
      }
    },
    open: () => client.end(),
  };
}
