import type { SinkEvent } from "@tidemark/sinks";
import type { SourceEvent } from "@tidemark/sources";

/** What is worth a line to a person; undefined for what is not. */
export function describeSourceEvent(event: SourceEvent, topic: string): string | undefined {
  switch (event.type) {
    case "waiting-for-topic":
      return `waiting for topic ${topic}: Kafka has none of that name (the producer makes it)`;
    case "disconnected":
      return `Kafka is away (${event.error.message}); trying again`;
    case "reconnected":
      return "Kafka is back";
    case "assigned":
      return `reads partitions ${event.partitions.join(", ") || "none"} of ${topic}`;
    case "fenced":
      return `partition ${event.partition} was claimed by another; claiming it again`;
    case "retrying":
      return `partition ${event.partition}: ${event.error.message}; claiming it again`;
    case "gap":
      return event.kind === "lost"
        ? `LOST: offsets ${event.from} to ${event.to - 1} of partition ${event.partition} were deleted before they were read`
        : undefined;
    case "abandoned":
      return `stopped without waiting any longer for partitions ${event.partitions.join(", ")}`;
    default:
      return undefined;
  }
}

/** As above. Of a run of failed tries, the first is told and then each tenth. */
export function describeSinkEvent(event: SinkEvent): string | undefined {
  switch (event.kind) {
    case "unavailable":
      return event.attempt % 10 === 1 ? `Postgres is away (${event.error.message}); trying again` : undefined;
    case "available":
      return `Postgres is back after ${event.attempts} tries`;
    case "terminated-blocker":
      return `ended connection ${event.pids.join(", ")}, which held partition ${event.partition}`;
    default:
      return undefined;
  }
}
