import type { OracleDefinition } from "@tidemark/scenario/oracle";
import type { CountedKind, Difference } from "./findings.js";
import type { Ledger } from "./partition-check.js";
import type { NamedView } from "./panels/views.js";
import type { UnprovenPartition } from "./plan.js";

/** Of a table from which retention dropped rows: before the boundary only those were compared that are still there. */
export interface RetentionNote {
  readonly table: string;
  /** ISO. */
  readonly completeFrom: string;
  /** Rows that the log has before the boundary, and the table no longer. */
  readonly leftOut: number;
  /** Rows that retention says it has dropped, of all topics. */
  readonly droppedRows: number;
}

export interface Verdict {
  readonly pipeline: string;
  readonly topic: string;
  /** No difference was found, and every partition was compared. */
  readonly equal: boolean;
  /** Partitions whose rows were not compared with the log, since it has lost records that they were made of. */
  readonly unproven: readonly UnprovenPartition[];
  /** Of the topic, and of its tables where they have more. */
  readonly partitions: number;
  readonly definition: OracleDefinition & { readonly hash: string };
  /** Records from which the tables were recomputed. */
  readonly records: number;
  /** Offsets behind those that the consumer has read. */
  readonly unread: number;
  /** Events of the scenario that the log was compared with; null without a scenario. */
  readonly events: number | null;
  /** What became of the records, by the log, over all partitions. */
  readonly ledger: Ledger;
  /** Rows that were expected and compared, by table. */
  readonly compared: Readonly<Record<string, number>>;
  /** What of the panels was looked at: nothing of a pipeline that is not the flagship. */
  readonly views: readonly NamedView[];
  /** Rows of all views that were expected and compared, by panel, variable and annotation. None without views. */
  readonly panels: Readonly<Record<string, number>>;
  readonly retention: readonly RetentionNote[];
  /** Up to when windows are shown as closed, where quiet partitions were passed over, and how many of those can still change. */
  readonly passedOver: { readonly closedTo: string; readonly changeable: number } | null;
  /** Records that a person has left out by a rebuild: rejected, whatever they hold. */
  readonly excluded: readonly { readonly partition: number; readonly offset: number }[];
  /** Ids of which several partitions have counted events, where the definition makes them unique in each partition alone. */
  readonly sharedIds: number;
  /** Topics that have a checkpoint in this database. */
  readonly topics: number;
  /** ISO: from when on all that the log has was compared; null where nothing was left out. */
  readonly comparedFrom: string | null;
  /** The first of each kind, then the first of all, up to as many as were asked for, in the order found. */
  readonly differences: readonly Difference[];
  /** All of them, by kind. */
  readonly counts: readonly CountedKind[];
}
