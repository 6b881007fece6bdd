import type { Progress } from "../src/progress.js";
import type { Reporter } from "../src/reporter.js";

/** Keeps what a person would see. */
export class Recorder implements Reporter {
  readonly notes: string[] = [];
  last: Progress | undefined;
  note(text: string): void {
    this.notes.push(text);
  }
  folded(): void {}
  committed(): void {}
  progress(): void {}
  finish(progress: Progress): void {
    this.last = progress;
  }
}
