import type { SinkEvent } from "@tidemark/sinks";
import type { PipelineEvent, PipelineListener } from "./pipeline-event.js";

/** One stream of events, and those who listen to it. */
export interface EventStream {
  /** Calls the listeners in the order in which they subscribed. */
  emit(event: PipelineEvent): void;
  /** Returns a function that ends the subscription. */
  subscribe(listener: PipelineListener): () => void;
}

export function createEventStream(): EventStream {
  const listeners = new Set<PipelineListener>();
  return {
    emit(event) {
      for (const listener of listeners) listener(event);
    },
    subscribe(listener) {
      // A listener that subscribes twice is called twice.
      const own: PipelineListener = (event) => listener(event);
      listeners.add(own);
      return () => void listeners.delete(own);
    },
  };
}

/** The sink's events under the names that a pipeline gives them. */
export function fromSinkEvent(event: SinkEvent): PipelineEvent {
  switch (event.kind) {
    case "unavailable": {
      const { attempt, retryInMs, error } = event;
      return { type: "postgres-unavailable", attempt, retryInMs, error };
    }
    case "available":
      return { type: "postgres-available", attempts: event.attempts };
    case "blocked":
      return { type: "blocked", partition: event.partition, blockers: event.blockers };
    case "terminated-blocker":
      return { type: "blocker-ended", partition: event.partition, pids: event.pids };
  }
}
