import type { Terminal } from "@tidemark/cli";
import type { Message, RecordMetadata } from "kafkajs";
import type { Counts } from "./lanes.js";
import { progressLine, recordLine } from "./progress.js";

/** What a run is, so that it can be repeated or gone on with. */
export interface RunHead {
  /** As it was asked for: a preset's name or a file. */
  readonly scenario: string;
  readonly seed: number;
  /** In place of the scenario's; null: none was given. */
  readonly rate: number | null;
  /** Event time over the clock's. */
  readonly speed: number;
  readonly startMs: number;
  readonly firstIndex: number;
  readonly topic: string;
  readonly partitions: number;
  readonly kafka: string;
}

export interface RunEnd extends Counts {
  /** Sent, but Kafka never said whether it has them. */
  readonly unanswered: number;
  readonly seconds: number;
  /** Where a next run goes on; null unless every event that was made is acknowledged. */
  readonly nextIndex: number | null;
}

/** Tells a run to people, or with `json` as one JSON object a line to machines. */
export interface Report {
  started(head: RunHead): void;
  /** Messages of one partition that Kafka took, in order. */
  acknowledged(messages: readonly Message[], metadata: RecordMetadata | null): void;
  progress(counts: Counts, ratePerSecond: number): void;
  ended(head: RunHead, end: RunEnd): void;
  warn(line: string): void;
}

export function createReport(terminal: Terminal, json: boolean, topic: string): Report {
  const tell = (type: string, data: object): void => terminal.print(JSON.stringify({ type, ...data }));
  return {
    started(head) {
      const start = new Date(head.startMs).toISOString();
      if (json) return tell("start", { ...head, start });
      terminal.print(
        `Scenario ${head.scenario}, seed ${head.seed}, start ${start}, from event ${head.firstIndex} on, ` +
          `to topic ${head.topic} (${head.partitions} partitions) at ${head.kafka}.`,
      );
    },
    acknowledged(messages, metadata) {
      const base = metadata?.baseOffset;
      for (const [position, { partition = 0, timestamp = "" }] of messages.entries()) {
        const offset = base === undefined ? null : BigInt(base) + BigInt(position);
        if (json)
          tell("record", { topic, partition, offset: offset?.toString() ?? null, timestamp: Number(timestamp) });
        else terminal.print(recordLine(topic, partition, offset, timestamp));
      }
    },
    progress(counts, ratePerSecond) {
      if (json) tell("progress", { ...counts, ratePerSecond: Math.round(ratePerSecond * 10) / 10 });
      else terminal.update(progressLine(counts, ratePerSecond));
    },
    ended(head, end) {
      const start = new Date(head.startMs).toISOString();
      if (json) return tell("end", { ...end, seed: head.seed, start });
      const average = end.seconds > 0 ? end.sent / end.seconds : 0;
      terminal.update(progressLine(end, average));
      terminal.close();
      const goOn = end.nextIndex === null ? "" : ` Go on with: ${argumentsFrom(head, end.nextIndex)}`;
      terminal.print(`Done in ${end.seconds.toFixed(1)} s.${goOn}`);
      if (end.unanswered > 0) {
        terminal.warn(`Kafka never answered for ${end.unanswered} events: it may have them or not.`);
      }
    },
    warn: terminal.warn,
  };
}

function argumentsFrom({ scenario, seed, rate, speed, startMs }: RunHead, index: number): string {
  const rateArgument = rate === null ? "" : ` --rate=${rate}`;
  const speedArgument = speed === 1 ? "" : ` --speed=${speed}`;
  const start = new Date(startMs).toISOString();
  return `--scenario=${scenario}${rateArgument}${speedArgument} --seed=${seed} --start=${start} --start-index=${index}`;
}
