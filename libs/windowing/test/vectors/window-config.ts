import { hopping, session, tumbling, type WindowAssigner } from "../../src/index.js";
import { toMs, type VectorCase } from "./case.js";

/** How cases say which windows they mean. */
export interface WindowConfig {
  readonly type?: string;
  readonly size?: number;
  /** Kafka Streams says `advance`, Quix `step`. */
  readonly slide?: number;
  readonly advance?: number;
  readonly step?: number;
  readonly offset?: number;
  readonly gap?: number;
}

// One window for all times that cases name.
const allTimeMs = 1e14;

/** A slide larger than the size is asked for by whoever configures it. */
export function assignerOf(vector: VectorCase<unknown, unknown>, config: WindowConfig): WindowAssigner {
  const ms = (time: number) => toMs(vector, time);
  const { type, size, gap, offset = 0 } = config;
  const slide = config.slide ?? config.advance ?? config.step ?? size;
  if (type === "global") return tumbling(allTimeMs, -allTimeMs / 2);
  if (gap !== undefined) return session(ms(gap));
  if (size === undefined || slide === undefined) throw new Error(`no windows: ${JSON.stringify(config)}`);
  if (slide === size) return tumbling(ms(size), ms(offset));
  return hopping(ms(size), ms(slide), { offsetMs: ms(offset), gaps: slide > size });
}
