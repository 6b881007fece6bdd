import { describeHeld, describeWatermarkAhead, type PipelineEvent } from "@tidemark/pipeline";
import { describeBlocker } from "@tidemark/sinks";
import { SourceError, type SourceErrorCode } from "@tidemark/sources";

const whole = new Intl.NumberFormat("en-US");

/** Where the events are read from. */
export interface TopicPlace {
  readonly topic: string;
  readonly brokers: readonly string[];
}

/** Reasons to join the group again, though Kafka is there. */
const REJOINED: ReadonlySet<SourceErrorCode> = new Set(["evicted", "group-loading", "clock-stepped"]);
/** What Postgres or the network said. */
const reasonOf = ({ message, cause }: Error) => (cause instanceof Error ? cause.message : message);

/** A line about an event for a person; undefined where the event is not worth one. */
export function describeEvent(event: PipelineEvent, { topic, brokers }: TopicPlace): string | undefined {
  switch (event.type) {
    case "waiting-for-server":
      return event.server === "kafka"
        ? `waiting for an answer of Kafka at ${event.address}`
        : `waiting for an answer of Postgres at ${event.address}`;
    case "waiting-for-partitions":
      return `waiting for the partitions of group ${event.group}: a member that ended without leaving it keeps its own for up to ${event.sessionTimeoutMs / 1000} s`;
    case "blocked": {
      const holders = event.blockers.map(describeBlocker).join(", ");
      return event.partition === undefined
        ? `waiting to make the tables: ${holders} holds a lock that this needs`
        : `waiting to claim partition ${event.partition}: ${holders} holds its checkpoint row`;
    }
    case "waiting-for-topic":
      return `waiting for topic ${topic}: it does not exist yet at ${brokers.join(", ")}; create it, or set KAFKA_TOPIC to another`;
    case "group-in-use":
      return `${event.error.message}. Waiting for it to leave`;
    case "disconnected":
      if (event.error instanceof SourceError && REJOINED.has(event.error.code)) {
        return `${event.error.message}; joining the group again`;
      }
      return `Kafka is away (${event.error.message}); trying again`;
    case "reconnected":
      return "Kafka is back";
    case "assigned":
      return `reads partitions ${event.partitions.join(", ") || "none"} of ${topic}`;
    case "fenced":
      return `partition ${event.partition} was claimed by another; claiming it again`;
    case "retrying":
      // Said by what led to it.
      if (event.error.name === "ReprocessError") return undefined;
      return `partition ${event.partition}: ${event.error.message}; claiming it again`;
    case "gap":
      return event.kind === "lost"
        ? `LOST: offsets ${event.from} to ${event.to - 1} of partition ${event.partition} were deleted before they were read`
        : undefined;
    case "not-compared":
      return `partition ${event.partition}: the last record that was read, at offset ${event.offset}, is no longer in the log (retention, compaction), so that it cannot be compared with the log; going on`;
    case "abandoned":
      return `stopped without waiting any longer for partitions ${event.partitions.join(", ")}`;
    case "postgres-unavailable":
      // The first of several failed tries is told, and then each tenth.
      return event.attempt % 10 === 1 ? `Postgres is away (${event.error.message}); trying again` : undefined;
    case "postgres-available":
      return `Postgres is back after ${event.attempts} tries`;
    case "checkpoint-divided":
      return `partition ${event.partition}: a checkpoint of ${whole.format(event.records)} records was too large for a limit of Postgres (${reasonOf(event.error)}); reading them again for smaller ones`;
    case "blocker-ended":
      return `ended connection ${event.pids.join(", ")}, which held partition ${event.partition}`;
    case "ids-taken":
      return `partition ${event.partition}: other partitions have counted ${whole.format(event.count)} id${event.count === 1 ? "" : "s"} of a checkpoint; processing it again without their events`;
    case "rows-refused": {
      const [first] = event.rows;
      const more = event.rows.length > 1 ? ` and ${whole.format(event.rows.length - 1)} more` : "";
      return `partition ${event.partition}: the database refused the row of offset ${first?.offset}${more} (${first?.reason})`;
    }
    case "watermark-ahead": {
      const { partition, offset } = event;
      const without = offset === undefined ? "" : ` --without ${offset}`;
      return `FAST CLOCK: ${describeWatermarkAhead(event)}; to read the partition again without it: nx run consumer:rebuild -- --partition ${partition}${without}`;
    }
    case "watermark-in-step":
      return `partition ${event.partition}: what arrives has come up to its watermark again`;
    case "all-rejected":
      return `EVERY RECORD IS REJECTED: ${whole.format(event.records)} in a row (${event.reason}: expected ${event.expected}, received ${event.received})${event.cause === undefined ? "" : `; ${event.cause}`}`;
    case "rejections-ended":
      return "records are taken again";
    case "transaction-open":
      return `OPEN TRANSACTION: ${describeHeld(event.held)}; they are read when it ends`;
    case "transaction-ended":
      return "no records stand behind an open transaction any more";
    case "waiting-for-transaction":
      return `not caught up: ${describeHeld(event.held)}; waiting for its end (its producer commits or aborts it, or Kafka does after the producer's transaction.timeout.ms; kafka-transactions.sh find-hanging lists one that nobody ends)`;
    case "retention-dropped": {
      const { table, rows, beforeMs } = event.dropped;
      const date = new Date(beforeMs).toISOString().slice(0, "2024-02-04".length);
      return `retention: dropped ${whole.format(rows)} row${rows === 1 ? "" : "s"} of ${table} before ${date}`;
    }
    case "retention-postponed":
      return `retention: tables were in use at each of ${event.tries} tries, so that not all could be dropped; trying again`;
    case "retention-failed":
      return `retention: failed ${event.tries === 1 ? "" : `at ${event.tries} tries `}(${event.reason}); trying again`;
    case "retention-recovered":
      return "retention: works again";
    case "quiet":
      return `partition ${event.partition} is fully read and has been quiet for ${Math.round(event.quietMs / 1000)} s: it holds back neither views nor retention`;
    case "quiet-ended":
      return event.reason === "records"
        ? `partition ${event.partition} has records again: it holds back views and retention`
        : `partition ${event.partition} holds back views and retention again, since nobody could be asked whether it is fully read`;
    case "closed-windows-changed": {
      const { partition, windows, firstMs, lastMs } = event;
      const span = [firstMs, lastMs].map((ms) => new Date(ms).toISOString()).join(" to ");
      return `partition ${partition}, which had been quiet, changed ${whole.format(windows)} window${windows === 1 ? "" : "s"} that were shown as closed (${span})`;
    }
    case "quiet-not-recorded":
      return `quiet partitions: not recorded (${event.reason})`;
    case "windows-not-merged":
      return `closed windows: not merged (${event.reason}); trying again`;
    case "progress-not-recorded":
      return `progress: not recorded (${event.reason})`;
    default:
      return undefined;
  }
}
