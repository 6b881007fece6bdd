import { checkInteger, checkProperties, MAX_DURATION_MS, MAX_TIME_MS } from "./checks.js";
import { checkDelay } from "./definition.js";
import { badInput, refuseDefinition, refuseSnapshot } from "./errors.js";
import { checkTime, type SavedTime, timeFromJson, timeToJson } from "./snapshot.js";
import { NO_EVENT_YET, SourceClock } from "./watermark.js";

/** What becomes of the overall watermark when every source is idle. */
export type WhenAllIdle =
  /** It stays. Nothing closes. */
  | "hold"
  /** It goes to the highest watermark of any source. */
  | "highest-watermark"
  /** It goes to the highest event time of any source: nothing that would come in order is made late. */
  | "highest-event-time";

export interface WatermarksDefinition {
  /** A source's watermark is its highest event time − this; `given`: it comes by `advance` alone. */
  readonly delayMs: number | "given";
  /** A source that was quiet for so long and is fully read is idle. None: only where it is said to be. */
  readonly idleTimeoutMs?: number;
  /** Default `hold`. */
  readonly whenAllIdle?: WhenAllIdle;
  /** The overall watermark before any. Default -Infinity. */
  readonly initialWatermarkMs?: number;
}

interface Source {
  readonly clock: SourceClock;
  isIdle: boolean;
  /** When something last came of it, or it was added; null where that was never said. */
  activeAtMs: number | null;
}

export interface WatermarksSnapshot {
  readonly version: 1;
  readonly overallMs: SavedTime;
  readonly sources: readonly {
    readonly source: string;
    readonly maxEventTimeMs: SavedTime;
    readonly givenMs: SavedTime;
    readonly idle: boolean;
    readonly activeAtMs: number | null;
  }[];
}

/**
 * The watermarks of several sources, and the overall one: the least over the sources that are not idle. It never falls; a
 * source that was added, or is back from being idle, holds it where it is until it has caught up. No clock: `nowMs`, of any
 * one clock, comes in as an argument.
 */
export interface Watermarks {
  readonly overallMs: number;
  /** The active source with the least watermark, the first added of equal ones; null where all are idle or there is none. */
  readonly heldBy: string | null;
  readonly allIdle: boolean;
  /** In the order in which they were added. */
  readonly sources: readonly string[];
  /**
   * Adds a source that has no watermark but the initial one, so that the overall one stands until it has; after the end its own is the
   * end too. A source that is known is left as it is.
   */
  add(source: string, nowMs?: number): void;
  /** What it held back moves on. */
  remove(source: string): void;
  /** An event came of the source, which is added if need be, and is active by it. Times are not checked here. */
  observe(source: string, eventTimeMs: number, nowMs?: number): void;
  /** A watermark came of the source: a lower one than it has changes nothing. */
  advance(source: string, watermarkMs: number, nowMs?: number): void;
  setIdle(source: string): void;
  setActive(source: string, nowMs?: number): void;
  /** No more comes of any source: all watermarks go to Infinity. */
  end(): void;
  /** Throws `bad-input` for a time that is none. Time has passed: a source is idle that was quiet for the timeout and is among those that are read to their ends. */
  tick(nowMs: number, fullyRead: Iterable<string>): void;
  /** -Infinity for a source that is not known, and before it has one. */
  of(source: string): number;
  maxEventTimeOf(source: string): number;
  isIdle(source: string): boolean;
  snapshot(): WatermarksSnapshot;
}

/** Throws `bad-definition`, and `bad-snapshot`. */
export function createWatermarks(definition: WatermarksDefinition, from?: WatermarksSnapshot): Watermarks {
  return new WatermarkTracker(checkWatermarks(definition), from);
}

class WatermarkTracker implements Watermarks {
  overallMs: number;
  readonly #definition: WatermarksDefinition;
  readonly #sources = new Map<string, Source>();

  constructor(definition: WatermarksDefinition, from: WatermarksSnapshot | undefined) {
    this.#definition = definition;
    this.overallMs = definition.initialWatermarkMs ?? -Infinity;
    if (from === undefined) return;
    this.overallMs = timeFromJson(checkWatermarksSnapshot(from).overallMs);
    for (const { source, maxEventTimeMs, givenMs, idle, activeAtMs } of from.sources) {
      const clock = new SourceClock(definition.delayMs, {
        maxEventTimeMs: timeFromJson(maxEventTimeMs),
        givenMs: timeFromJson(givenMs),
      });
      this.#sources.set(source, { clock, isIdle: idle, activeAtMs });
    }
  }

  get sources(): string[] {
    return [...this.#sources.keys()];
  }

  get heldBy(): string | null {
    let holder: string | null = null;
    let leastMs = Infinity;
    for (const [source, { clock, isIdle }] of this.#sources) {
      if (isIdle || (holder !== null && clock.watermarkMs >= leastMs)) continue;
      holder = source;
      leastMs = clock.watermarkMs;
    }
    return holder;
  }

  get allIdle(): boolean {
    if (this.#sources.size === 0) return false;
    for (const { isIdle } of this.#sources.values()) if (!isIdle) return false;
    return true;
  }

  add(source: string, nowMs?: number): void {
    if (!this.#sources.has(source)) this.#sourceOf(source, nowMs);
  }

  remove(source: string): void {
    if (this.#sources.delete(source)) this.#combine();
  }

  observe(source: string, eventTimeMs: number, nowMs?: number): void {
    const found = this.#sourceOf(source, nowMs);
    const before = found.clock.watermarkMs;
    found.clock.observe(eventTimeMs);
    // Only who holds the overall watermark can move it, and who comes to be among those that do.
    const matters = found.isIdle || (found.clock.watermarkMs > before && before <= this.overallMs);
    this.#wake(source, nowMs);
    if (matters) this.#combine();
  }

  advance(source: string, watermarkMs: number, nowMs?: number): void {
    this.#wake(source, nowMs).clock.advance(watermarkMs);
    this.#combine();
  }

  setIdle(source: string): void {
    const found = this.#sources.get(source);
    if (found === undefined || found.isIdle) return;
    found.isIdle = true;
    this.#combine();
  }

  setActive(source: string, nowMs?: number): void {
    this.#wake(source, nowMs);
    this.#combine();
  }

  end(): void {
    for (const { clock } of this.#sources.values()) clock.advance(Infinity);
    this.overallMs = Infinity;
  }

  tick(nowMs: number, fullyRead: Iterable<string>): void {
    if (!Number.isFinite(nowMs)) throw badInput("nowMs", nowMs, "a time in ms");
    const { idleTimeoutMs } = this.#definition;
    let changed = false;
    for (const source of fullyRead) {
      const found = this.#sources.get(source);
      if (found === undefined || found.isIdle) continue;
      found.activeAtMs ??= nowMs;
      if (idleTimeoutMs === undefined || nowMs - found.activeAtMs < idleTimeoutMs) continue;
      found.isIdle = true;
      changed = true;
    }
    if (changed) this.#combine();
  }

  of(source: string): number {
    return this.#sources.get(source)?.clock.watermarkMs ?? -Infinity;
  }

  maxEventTimeOf(source: string): number {
    return this.#sources.get(source)?.clock.maxEventTimeMs ?? NO_EVENT_YET;
  }

  isIdle(source: string): boolean {
    return this.#sources.get(source)?.isIdle ?? false;
  }

  snapshot(): WatermarksSnapshot {
    const sources = [...this.#sources].map(([source, { clock, isIdle, activeAtMs }]) => ({
      source,
      maxEventTimeMs: timeToJson(clock.maxEventTimeMs),
      givenMs: timeToJson(clock.givenMs),
      idle: isIdle,
      activeAtMs,
    }));
    return { version: 1, overallMs: timeToJson(this.overallMs), sources };
  }

  /** The source, added if need be, and active from now on. */
  #wake(source: string, nowMs: number | undefined): Source {
    const found = this.#sourceOf(source, nowMs);
    found.isIdle = false;
    if (nowMs !== undefined) found.activeAtMs = nowMs;
    return found;
  }

  #sourceOf(source: string, nowMs: number | undefined): Source {
    let found = this.#sources.get(source);
    if (found === undefined) {
      const { delayMs, initialWatermarkMs = -Infinity } = this.#definition;
      const givenMs = this.overallMs === Infinity ? Infinity : initialWatermarkMs;
      const clock = new SourceClock(delayMs, { maxEventTimeMs: NO_EVENT_YET, givenMs });
      found = { clock, isIdle: false, activeAtMs: nowMs ?? null };
      this.#sources.set(source, found);
    }
    return found;
  }

  /** Raises the overall watermark to what its sources allow. */
  #combine(): void {
    const holder = this.heldBy;
    const allowedMs = holder === null ? this.#whenAllIdle() : this.of(holder);
    if (allowedMs > this.overallMs) this.overallMs = allowedMs;
  }

  #whenAllIdle(): number {
    const { whenAllIdle = "hold" } = this.#definition;
    let highestMs = -Infinity;
    if (whenAllIdle === "hold") return highestMs;
    for (const { clock } of this.#sources.values()) {
      const timeMs = whenAllIdle === "highest-watermark" ? clock.watermarkMs : clock.maxEventTimeMs;
      highestMs = Math.max(highestMs, timeMs, clock.watermarkMs);
    }
    return highestMs;
  }
}

function checkWatermarksSnapshot(snapshot: WatermarksSnapshot): WatermarksSnapshot {
  if (snapshot?.version !== 1) throw refuseSnapshot("watermarks.version", snapshot?.version, "1");
  checkTime("watermarks.overallMs", snapshot.overallMs);
  const names = new Set<unknown>();
  for (const [at, { source, maxEventTimeMs, givenMs, idle, activeAtMs }] of snapshot.sources.entries()) {
    const path = `watermarks.sources[${at}]`;
    if (typeof source !== "string" || names.has(source)) {
      throw refuseSnapshot(`${path}.source`, source, "a string, each once");
    }
    names.add(source);
    checkTime(`${path}.maxEventTimeMs`, maxEventTimeMs);
    checkTime(`${path}.givenMs`, givenMs);
    if (typeof idle !== "boolean") throw refuseSnapshot(`${path}.idle`, idle, "true or false");
    if (activeAtMs !== null && !Number.isFinite(activeAtMs)) {
      throw refuseSnapshot(`${path}.activeAtMs`, activeAtMs, "a time in ms, or null");
    }
  }
  return snapshot;
}

const choices: readonly WhenAllIdle[] = ["hold", "highest-watermark", "highest-event-time"];

function checkWatermarks(definition: WatermarksDefinition): WatermarksDefinition {
  checkProperties("watermarks", definition, ["delayMs", "idleTimeoutMs", "whenAllIdle", "initialWatermarkMs"]);
  const { delayMs, idleTimeoutMs, whenAllIdle, initialWatermarkMs } = definition;
  checkDelay("delayMs", delayMs);
  if (idleTimeoutMs !== undefined) checkInteger("idleTimeoutMs", idleTimeoutMs, 1, MAX_DURATION_MS, "ms");
  if (initialWatermarkMs !== undefined && initialWatermarkMs !== -Infinity) {
    checkInteger("initialWatermarkMs", initialWatermarkMs, -MAX_TIME_MS, MAX_TIME_MS, "ms, or -Infinity");
  }
  if (whenAllIdle !== undefined && !choices.includes(whenAllIdle)) {
    throw refuseDefinition("whenAllIdle", whenAllIdle, choices.map((choice) => JSON.stringify(choice)).join(", "));
  }
  return definition;
}
