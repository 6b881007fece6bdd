import {
  createOperator,
  type Operator,
  type OperatorCheckpoint,
  type OperatorDefinition,
  type OperatorInput,
  type OperatorSnapshot,
} from "../../src/index.js";
import { judgedOf, type Table, write } from "./consumer.js";
import type { Judged } from "./naive-model.js";
import type { Visit } from "./visit.js";

/** An operator and what somebody keeps of it: by source, or of all together under null. */
export class OperatorConsumer {
  readonly #definition: OperatorDefinition<Visit>;
  readonly #judged = new Map<string | null, Judged[]>();
  readonly #tables = new Map<string | null, Map<string, Table>>();
  operator: Operator<OperatorDefinition<Visit>>;

  constructor(definition: OperatorDefinition<Visit>) {
    this.#definition = definition;
    this.operator = createOperator(definition);
  }

  feed(input: OperatorInput<Visit>): void {
    const result = this.operator.step(input);
    if ((result !== null) !== (input.kind === "events"))
      throw new Error(`a result of ${input.kind}: ${String(result)}`);
    if (result === null || input.kind !== "events") return;
    const judged = this.judgedOf(this.#definition.sources.judgedBy === "source" ? input.source : null);
    judged.push(...judgedOf(result, judged.length));
  }

  checkpoint(): OperatorCheckpoint<OperatorDefinition<Visit>> {
    const checkpoint = this.operator.checkpoint();
    for (const { source, changed } of checkpoint.parts) {
      for (const part of changed) write(this.tableOf(source, part.rollup), part);
    }
    return checkpoint;
  }

  restore(): void {
    const snapshot = JSON.parse(JSON.stringify(this.operator.snapshot())) as OperatorSnapshot;
    this.operator = createOperator(this.#definition, snapshot);
  }

  judgedOf(source: string | null): Judged[] {
    return entryOf(this.#judged, source, () => []);
  }

  tableOf(source: string | null, rollup: string): Table {
    return entryOf(
      entryOf(this.#tables, source, () => new Map<string, Table>()),
      rollup,
      () => new Map(),
    );
  }
}

function entryOf<K, V>(map: Map<K, V>, key: K, create: () => V): V {
  const found = map.get(key) ?? create();
  map.set(key, found);
  return found;
}
